import type { Answer } from '../answer';
import { useStep } from '../page';
import { Alert } from '../parts/Alert';
import { Code } from '../parts/Code';
import { Copy } from '../parts/Copy';
import { Heading } from '../parts/Heading';
import { Qr } from '../parts/Qr';
import { Busy, Submit } from '../parts/Submit';
import { useForm } from '../useForm';

const fields = ['code'];

export function Enrol({ decide }: { decide: (answer: Answer) => string }) {
  const { view, t, dialect } = useStep();
  const form = useForm(decide);
  return (
    <>
      <Heading title={t('enrol')} />
      <p className="lead">{t('enrolLead')}</p>
      <form {...form.props}>
        <Alert fields={fields} />
        <div className="asked once">
          {dialect.when(view.uri, <Qr uri={view.uri} scan={t('enrolScan')} label={t('qr')} />)}
          <p>{t('enrolKey')}</p>
          <code className="secret" dir="ltr">{view.secret}</code>
          <div className="tools">
            {dialect.when(view.uri, <a className="tool" href={view.uri}>{t('enrolOpen')}</a>)}
            <Copy text={() => view.secret} />
          </div>
        </div>
        <Code kind="totp" />
        <Submit busy={form.busy}>{t('turnOn')}</Submit>
        <Busy busy={form.busy} />
      </form>
    </>
  );
}
