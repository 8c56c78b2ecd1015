import { useState } from 'react';
import { api, ask, type Schemas } from '../../api';
import { Dialog } from '../../parts/Dialog';
import { DateRange } from '../../parts/fields';
import { Code, Time } from '../../parts/small';
import { Problem } from '../../problem';
import { useAction } from '../../useAction';
import { startOf } from '../audit/data';
import { useText } from './texts';

type Changed = Schemas['AuditChanged'];

interface Found {
  rows: number;
  changed: Changed[];
  done: boolean;
}

const day = (back: number) => new Date(Date.now() - back * 24 * 3600 * 1000).toISOString().slice(0, 10);

/** Holds a part of the log against its hashes, bit by bit. */
export function Verify({ onClose }: { onClose: () => void }) {
  const { t } = useText();
  const action = useAction();
  const [range, setRange] = useState(() => ({ from: day(7), to: day(0) }));
  const [found, setFound] = useState<Found | null>(null);

  const all = async () => {
    const from = startOf(range.from);
    const to = startOf(range.to, 1);
    if (!from || !to) throw new Problem('times_invalid');
    let sum: Found = { rows: 0, changed: [], done: false };
    let cursor = '';
    do {
      const part = await ask(api.POST('/audit/verify', { body: { from, to, ...(cursor && { cursor }) } }));
      cursor = part.next;
      sum = { rows: sum.rows + part.rows, changed: [...sum.changed, ...part.changed], done: !cursor };
      setFound(sum);
    } while (cursor);
  };
  return (
    <Dialog title={t('verify')} wide action={action} label={t('verifyNow')} onSend={() => { action.run(all, () => undefined); }} onClose={onClose}>
      <p>{t('verifyLead')}</p>
      <DateRange label={t('verifyRange')} from={range.from} to={range.to} onChange={({ from, to }) => { setRange({ from, to }); setFound(null); }} />
      <div role="status" className="stack">
        {found ? <p><strong>{t(found.done ? 'verifiedAll' : 'verifiedSome', { rows: found.rows })}</strong></p> : null}
        {found?.done && !found.changed.length ? <p>{t('verifiedGood')}</p> : null}
        {found?.changed.length ? <p>{t('verifiedBad', { count: found.changed.length })}</p> : null}
      </div>
      {found?.changed.length ? <ul>{found.changed.map(({ id, at }) => <li key={id}><Code>{id}</Code> <Time at={at} /></li>)}</ul> : null}
    </Dialog>
  );
}
