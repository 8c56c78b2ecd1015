import type { Answer } from '../answer';
import { useStep } from '../page';
import { Alert } from '../parts/Alert';
import { Copy } from '../parts/Copy';
import { Heading } from '../parts/Heading';
import { Busy, Submit } from '../parts/Submit';
import { Tick } from '../parts/Tick';
import { useForm, useHydrated } from '../useForm';

const fields = ['saved'];

export function Codes({ decide }: { decide: (answer: Answer) => string }) {
  const { view, t, dialect } = useStep();
  const form = useForm(decide);
  const hydrated = useHydrated();
  return (
    <>
      <Heading title={t('codes')} />
      <p className="lead">{t('codesLead')}</p>
      <form {...form.props}>
        <Alert fields={fields} />
        <div className="asked once">
          <ul className="codes" dir="ltr">{dialect.each(view.codes, (code) => <li><code>{code}</code></li>)}</ul>
          <div className="tools">
            <button type="button" className="tool" hidden={!hydrated} onClick={() => { print(); }}>{t('print')}</button>
            <Copy text={() => view.codes.join('\n')} />
          </div>
        </div>
        <Tick name="saved">{t('codesSaved')}</Tick>
        <Submit busy={form.busy} name="action" value="done">{t('continue')}</Submit>
        <Busy busy={form.busy} />
      </form>
    </>
  );
}
