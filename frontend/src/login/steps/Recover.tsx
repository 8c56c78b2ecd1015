import type { Answer } from '../answer';
import { useStep } from '../page';
import { Alert } from '../parts/Alert';
import { Email } from '../parts/Email';
import { Heading } from '../parts/Heading';
import { Busy, Submit } from '../parts/Submit';
import { useForm } from '../useForm';

const fields = ['email'];

export function Recover({ decide }: { decide: (answer: Answer) => string }) {
  const { t } = useStep();
  const form = useForm(decide);
  return (
    <>
      <Heading title={t('recover')} />
      <p className="lead">{t('recoverLead')}</p>
      <form {...form.props}>
        <Alert fields={fields} />
        <Email autoComplete="username" first />
        <Submit busy={form.busy}>{t('sendCode')}</Submit>
        <Busy busy={form.busy} />
        <div className="other">
          <button type="submit" className="link" name="action" value="login" formNoValidate>
            {t('backToSignIn')}
          </button>
        </div>
      </form>
    </>
  );
}
