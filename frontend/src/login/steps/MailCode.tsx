import type { Answer } from '../answer';
import { useStep } from '../page';
import { Alert } from '../parts/Alert';
import { Code } from '../parts/Code';
import { Heading } from '../parts/Heading';
import { Resend } from '../parts/Resend';
import { Busy, Submit } from '../parts/Submit';
import { useForm } from '../useForm';

const fields = ['code'];

interface Props {
  decide: (answer: Answer) => string;
}

function MailCode({ decide, sent }: Props & { sent: 'verifySent' | 'recoverSent' }) {
  const { view, t } = useStep();
  const form = useForm(decide);
  return (
    <>
      <Heading title={t('mail')} />
      <p className="lead">{t(sent, { account: view.account })}</p>
      <form {...form.props}>
        <Alert fields={fields} />
        <Code kind="mail" />
        <Submit busy={form.busy}>{t('continue')}</Submit>
        <Busy busy={form.busy} />
        <div className="other">
          <Resend />
          <button type="submit" className="link" name="action" value="restart" formNoValidate>
            {t('otherAddress')}
          </button>
        </div>
      </form>
    </>
  );
}

export const Verify = (props: Props) => <MailCode {...props} sent="verifySent" />;

/** Says the same whether there is an account or not. */
export const RecoverCode = (props: Props) => <MailCode {...props} sent="recoverSent" />;
