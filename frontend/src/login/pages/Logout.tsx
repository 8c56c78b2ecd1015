import type { Answer } from '../answer';
import { usePage } from '../page';
import { Alert } from '../parts/Alert';
import { Heading } from '../parts/Heading';
import { Busy, Submit } from '../parts/Submit';
import { useForm } from '../useForm';

const fields: string[] = [];

export function Logout({ decide }: { decide: (answer: Answer) => string }) {
  const { view, t, dialect } = usePage();
  const form = useForm(decide);
  const client = view.client.name;
  return (
    <>
      <Heading title={t('logout')} />
      {dialect.when(view.account, <p className="lead">{t('signedInAs', { account: view.account })}</p>)}
      <form {...form.props}>
        <Alert fields={fields} />
        <p>{dialect.either(client, t('logoutFor', { client }), t('logoutPlain'))}</p>
        <div className="pair">
          <Submit busy={form.busy} name="decision" value="signout">{t('signOut')}</Submit>
          <Submit busy={form.busy} name="decision" value="stay" quiet>{t('stay')}</Submit>
        </div>
        <Busy busy={form.busy} />
      </form>
    </>
  );
}
