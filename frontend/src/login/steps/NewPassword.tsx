import type { Answer } from '../answer';
import { useStep } from '../page';
import { Alert } from '../parts/Alert';
import { Field } from '../parts/Field';
import { Heading } from '../parts/Heading';
import { Password } from '../parts/Password';
import { Busy, Submit } from '../parts/Submit';
import { useForm } from '../useForm';

const fields = ['password'];

export function NewPassword({ decide }: { decide: (answer: Answer) => string }) {
  const { view, t } = useStep();
  const form = useForm(decide);
  return (
    <>
      <Heading title={t('newPassword')} />
      <form {...form.props}>
        <Alert fields={fields} />
        {/* For people to see which account it is, and for password managers to file the new password under. */}
        <Field name="username" type="text" label={t('email')} defaultValue={view.account} autoComplete="username" readOnly dir="ltr" />
        <Password fresh />
        {/* Ticked again after a refusal without script: the safe choice is never lost. */}
        <label className="check">
          <input type="checkbox" name="end_sessions" value="on" defaultChecked />
          <span>{t('endSessions')}</span>
        </label>
        <Submit busy={form.busy}>{t('savePassword')}</Submit>
        <Busy busy={form.busy} />
      </form>
    </>
  );
}
