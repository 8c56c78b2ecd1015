import type { Answer } from '../answer';
import { usePage } from '../page';
import { Alert } from '../parts/Alert';
import { Heading } from '../parts/Heading';
import { Check } from '../parts/icons';
import { Policies } from '../parts/Links';
import { Busy, Submit } from '../parts/Submit';
import { useForm } from '../useForm';

const fields: string[] = [];

function Scopes() {
  const { view, catalog, dialect } = usePage();
  return (
    <ul className="scopes">
      {dialect.each(view.scopes, ({ name, required }) => {
        const text = dialect.pick(name, catalog.scopes, name);
        return (
          <li>
            {dialect.when(
              required,
              <div className="check">
                <input type="hidden" name="scope" value={name} />
                <Check />
                <span>{text}</span>
              </div>,
            )}
            {dialect.when(
              dialect.not(required),
              <label className="check">
                <input type="checkbox" name="scope" value={name} defaultChecked />
                <span>{text}</span>
              </label>,
            )}
          </li>
        );
      })}
    </ul>
  );
}

export function Consent({ decide }: { decide: (answer: Answer) => string }) {
  const { view, t, dialect } = usePage();
  const form = useForm(decide);
  const client = view.client.name;
  return (
    <>
      <Heading title={t('consent', { client })} />
      {dialect.when(view.account, <p className="lead">{t('signedInAs', { account: view.account })}</p>)}
      <form {...form.props}>
        <Alert fields={fields} />
        {dialect.when(
          view.scopes.length,
          <div className="asked">
            <p>{t('consentIntro', { client })}</p>
            <Scopes />
          </div>,
        )}
        <label className="check">
          <input type="checkbox" name="remember" value="on" {...dialect.given(view.remember, { defaultChecked: true })} />
          <span>{t('consentRemember')}</span>
        </label>
        <div className="pair">
          <Submit busy={form.busy} name="decision" value="allow">{t('allow')}</Submit>
          <Submit busy={form.busy} name="decision" value="deny" quiet>{t('deny')}</Submit>
        </div>
        <Busy busy={form.busy} />
      </form>
      <Policies />
    </>
  );
}
