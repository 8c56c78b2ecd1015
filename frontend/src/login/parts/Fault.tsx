import { usePage } from '../page';
import { Warning } from './icons';

/** What is wrong with one field: whether anything is, the id of the text that says what, and that text. */
export function useFault(name: string, faults: Readonly<Record<string, string>> = {}) {
  const { view, catalog, t, dialect } = usePage();
  const wrong = dialect.all(view.alert, dialect.is(view.field, name));
  const own = Object.fromEntries(Object.entries(catalog.fields).filter(([code]) => code.startsWith(`${name}_`)));
  const id = `${name}-error`;
  const fault = dialect.when(
    wrong,
    <p className="error" id={id}>
      <Warning />
      <span>{dialect.pick(view.alert, { ...own, ...faults }, t('checkField'))}</span>
    </p>,
  );
  return { wrong, id, fault };
}
