import { useEffect, useRef } from 'react';
import { call } from '../api';
import { useSite } from '../context';
import { download } from '../download';
import { useAction } from '../useAction';
import { Button } from './Button';
import { Copy } from './Copy';
import { Tick } from './Field';
import { Form } from './Form';

interface Props {
  codes: readonly string[];
  onKept: () => void;
}

/** New recovery codes. They are shown until somebody says that they are kept. */
export function Codes({ codes, onKept }: Props) {
  const { t, reload } = useSite();
  const action = useAction();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const text = codes.join('\n');
  const kept = () => {
    action.run(() => call('POST', '/api/account/recovery-codes/kept'), async () => {
      await reload();
      onKept();
    });
  };
  return (
    <Form action={action} fields={['saved']} onSend={kept}>
      <div className="once">
        <h3 ref={heading} tabIndex={-1}>{t('codes')}</h3>
        <p>{t('codesLead')}</p>
        <ul className="codes" dir="ltr">{codes.map((code) => <li key={code}><code>{code}</code></li>)}</ul>
        <div className="tools">
          <Button onClick={() => { download('authway-recovery-codes.txt', 'text/plain', `${text}\n`); }}>{t('download')}</Button>
          <Button onClick={() => { print(); }}>{t('print')}</Button>
          <Copy text={text} />
        </div>
      </div>
      <Tick name="saved" required>{t('codesSaved')}</Tick>
      <div className="actions"><Button type="submit" kind="main" busy={action.busy}>{t('done')}</Button></div>
    </Form>
  );
}
