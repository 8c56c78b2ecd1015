import type { Answer } from '../answer';
import { usePage } from '../page';
import { Alert } from '../parts/Alert';
import { Email } from '../parts/Email';
import { Heading } from '../parts/Heading';
import { Policies } from '../parts/Links';
import { Password } from '../parts/Password';
import { Busy, Submit } from '../parts/Submit';
import { useForm } from '../useForm';

const fields = ['email', 'password'];

export function Login({ decide }: { decide: (answer: Answer) => string }) {
  const { view, t, dialect } = usePage();
  const form = useForm(decide);
  const client = view.client.name;
  return (
    <>
      <Heading title={t('signIn')} />
      <p className="lead">{dialect.either(client, t('signInTo', { client }), t('signInPlain'))}</p>
      <form {...form.props}>
        <Alert fields={fields} />
        <Email autoComplete="username webauthn" first />
        <Password />
        <label className="check">
          <input type="checkbox" name="remember" value="on" {...dialect.given(view.remember, { defaultChecked: true })} />
          <span>{t('remember')}</span>
        </label>
        <Submit busy={form.busy}>{t('signIn')}</Submit>
        <Busy busy={form.busy} />
        {/* After the main button, which has to be the first: Enter presses that one. */}
        <button type="submit" className="link" name="action" value="recover" formNoValidate>
          {t('forgot')}
        </button>
        <div className="other">
          <span>{t('newHere')}</span>
          <button type="submit" className="link" name="action" value="register" formNoValidate>
            {t('createAccount')}
          </button>
        </div>
      </form>
      <Policies />
    </>
  );
}
