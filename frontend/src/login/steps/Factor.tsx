import type { Answer } from '../answer';
import { useStep } from '../page';
import { Alert } from '../parts/Alert';
import { Code } from '../parts/Code';
import { Heading } from '../parts/Heading';
import { Busy, Submit } from '../parts/Submit';
import { useForm } from '../useForm';

const fields = ['code'];

/** The factors of the account but the one that is `shown`. */
function Others({ shown }: { shown: string }) {
  const { view, t, dialect } = useStep();
  const names = { totp: t('useTotp'), recovery: t('useRecovery') };
  return (
    <div className="other">
      {dialect.each(view.methods, (method) =>
        dialect.when(
          dialect.not(dialect.is(method, shown)),
          <button type="submit" className="link" name="action" value={`method:${method}`} formNoValidate>
            {dialect.pick(method, names, method)}
          </button>,
        ),
      )}
    </div>
  );
}

export function Factor({ decide }: { decide: (answer: Answer) => string }) {
  const { view, t, dialect } = useStep();
  const form = useForm(decide);
  const recovery = dialect.is(view.method, 'recovery');
  return (
    <>
      <Heading title={t('factor')} />
      <p className="lead">{dialect.either(recovery, t('factorRecovery'), t('factorTotp'))}</p>
      <form {...form.props}>
        <Alert fields={fields} />
        <input type="hidden" name="method" value={view.method} />
        {dialect.when(view.codesLeft, <p className="hint">{t('codesLeft', { count: view.codesLeft })}</p>)}
        {dialect.when(dialect.not(recovery), <Code kind="totp" />)}
        {dialect.when(recovery, <Code kind="recovery" />)}
        <Submit busy={form.busy}>{t('continue')}</Submit>
        <Busy busy={form.busy} />
        {dialect.when(dialect.not(recovery), <Others shown="totp" />)}
        {dialect.when(recovery, <Others shown="recovery" />)}
      </form>
    </>
  );
}
