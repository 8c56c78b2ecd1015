import type { Answer } from '../answer';
import { useStep } from '../page';
import { Alert } from '../parts/Alert';
import { Code } from '../parts/Code';
import { Heading } from '../parts/Heading';
import { Passkey } from '../parts/Passkey';
import { Busy, Submit } from '../parts/Submit';
import { useForm } from '../useForm';

const fields = ['code'];

/** The factors of the account but the one that is `shown`. */
function Others({ shown }: { shown: string }) {
  const { view, t, dialect } = useStep();
  const names = { passkey: t('usePasskey'), totp: t('useTotp'), recovery: t('useRecovery') };
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
  const passkey = dialect.is(view.method, 'passkey');
  const recovery = dialect.is(view.method, 'recovery');
  const totp = dialect.not(dialect.any(passkey, recovery));
  const leads = { passkey: t('factorPasskey'), recovery: t('factorRecovery') };
  return (
    <>
      <Heading title={t('factor')} />
      <p className="lead">{dialect.pick(view.method, leads, t('factorTotp'))}</p>
      <form {...form.props}>
        <Alert fields={fields} />
        <input type="hidden" name="method" value={view.method} />
        {dialect.when(view.codesLeft, <p className="hint">{t('codesLeft', { count: view.codesLeft })}</p>)}
        {dialect.when(totp, <Code kind="totp" />)}
        {dialect.when(recovery, <Code kind="recovery" />)}
        {dialect.when(dialect.not(passkey), <Submit busy={form.busy}>{t('continue')}</Submit>)}
        {dialect.when(passkey, <Passkey decide={decide}>{t('usePasskey')}</Passkey>)}
        <Busy busy={form.busy} />
        {dialect.when(passkey, <Others shown="passkey" />)}
        {dialect.when(totp, <Others shown="totp" />)}
        {dialect.when(recovery, <Others shown="recovery" />)}
      </form>
    </>
  );
}
