import type { Answer } from '../answer';
import { usePage } from '../page';
import { Alert } from '../parts/Alert';
import { Email } from '../parts/Email';
import { Heading } from '../parts/Heading';
import { Policies } from '../parts/Links';
import { Passkey } from '../parts/Passkey';
import { Password } from '../parts/Password';
import { Providers } from '../parts/Providers';
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
      {dialect.when(view.look.welcome, <p>{view.look.welcome}</p>)}
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
        <Passkey decide={decide} quiet offer={Boolean(view.flow)}>{t('signInPasskey')}</Passkey>
        {/* After the main button, which has to be the first: Enter presses that one. */}
        <button type="submit" className="link" name="action" value="recover" formNoValidate>
          {t('forgot')}
        </button>
        {/* The static page knows no providers, and without script never will. The function's own always has a flow. */}
        {view.flow ? null : (
          <noscript>
            <button type="submit" className="link" name="action" value="others" formNoValidate>
              {t('others')}
            </button>
          </noscript>
        )}
        {dialect.when(
          dialect.not(view.closed),
          <div className="other">
            <span>{t('newHere')}</span>
            <button type="submit" className="link" name="action" value="register" formNoValidate>
              {t('createAccount')}
            </button>
          </div>,
        )}
      </form>
      <Providers />
      <Policies />
    </>
  );
}
