import type { Answer } from '../answer';
import type { StepCatalog } from '../catalog';
import { type Kind, type Page, useStep } from '../page';
import { Alert } from '../parts/Alert';
import { Email } from '../parts/Email';
import { Field } from '../parts/Field';
import { Heading } from '../parts/Heading';
import { Password } from '../parts/Password';
import { Busy, Submit } from '../parts/Submit';
import { useForm } from '../useForm';
import { useTokenOutOfSight } from '../useTokenOutOfSight';

const fields = ['email', 'name', 'password'];

const titleOf = ({ view, t, dialect }: Page<StepCatalog>) =>
  dialect.pick(view.purpose, { recover: t('newPassword'), setup: t('setup') }, t('invited'));

/** Where the link of an invitation leads: the account's first password, or another one, or the first account of all. */
function Invited({ decide }: { decide: (answer: Answer) => string }) {
  const page = useStep();
  const { view, t, dialect } = page;
  const form = useForm(decide);
  useTokenOutOfSight();
  const setup = dialect.is(view.purpose, 'setup');
  return (
    <>
      <Heading title={titleOf(page)} />
      {dialect.when(setup, <p className="lead">{t('setupLead')}</p>)}
      <form {...form.props}>
        <Alert fields={fields} />
        {dialect.when(setup, <Email autoComplete="username" first />)}
        {dialect.when(
          dialect.not(setup),
          <Field name="username" type="text" label={t('email')} defaultValue={view.account} autoComplete="username" readOnly dir="ltr" />,
        )}
        {dialect.when(
          dialect.any(setup, dialect.is(view.purpose, 'invite_name')),
          <Field name="name" type="text" label={t('name')} defaultValue={view.name} autoComplete="name" maxLength={200} />,
        )}
        <Password fresh />
        <Submit busy={form.busy}>{t('savePassword')}</Submit>
        <Busy busy={form.busy} />
      </form>
    </>
  );
}

export const invited: Kind<StepCatalog> = { title: titleOf, Content: Invited };
