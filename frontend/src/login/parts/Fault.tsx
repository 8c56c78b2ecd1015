import { faultsOf, usePage } from '../page';
import { Warning } from './icons';

/** What is wrong with one field: whether anything is, the id of the text that says what, and that text. */
export function useFault(name: string, faults: Readonly<Record<string, string>> = {}) {
  const page = usePage();
  const { view, t, dialect } = page;
  const wrong = dialect.all(view.alert, dialect.is(view.field, name));
  const id = `${name}-error`;
  const fault = dialect.when(
    wrong,
    <p className="error" id={id}>
      <Warning />
      <span>{dialect.pick(view.alert, { ...faultsOf(page, name), ...faults }, t('checkField'))}</span>
    </p>,
  );
  return { wrong, id, fault };
}
