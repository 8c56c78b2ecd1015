import type { Answer } from '../answer';
import { usePage } from '../page';
import { Alert } from '../parts/Alert';
import { Email } from '../parts/Email';
import { Field } from '../parts/Field';
import { Heading } from '../parts/Heading';
import { Policies } from '../parts/Links';
import { Password } from '../parts/Password';
import { Busy, Submit } from '../parts/Submit';
import { useForm } from '../useForm';

const fields = ['name', 'email', 'password'];

export function Register({ decide }: { decide: (answer: Answer) => string }) {
  const { view, t, dialect } = usePage();
  const form = useForm(decide);
  const client = view.client.name;
  return (
    <>
      <Heading title={t('register')} />
      <p className="lead">{dialect.either(client, t('registerTo', { client }), t('registerPlain'))}</p>
      <form {...form.props}>
        <Alert fields={fields} />
        <Field
          name="name"
          type="text"
          label={t('name')}
          defaultValue={view.name}
          autoComplete="name"
          maxLength={200}
          {...dialect.given(dialect.not(view.alert), { autoFocus: true })}
        />
        <Email autoComplete="username" hint={t('registerMail')} />
        <Password fresh />
        <Submit busy={form.busy}>{t('createAccount')}</Submit>
        <Busy busy={form.busy} />
        <div className="other">
          <button type="submit" className="link" name="action" value="login" formNoValidate>
            {t('haveAccount')}
          </button>
        </div>
      </form>
      <Policies />
    </>
  );
}
