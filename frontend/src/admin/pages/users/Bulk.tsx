import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask, type Schemas } from '../../api';
import { textOf } from '../../catalog';
import { useMe, useTenant } from '../../me';
import { Button } from '../../parts/Button';
import { ConfirmDialog, DialogBox } from '../../parts/Dialog';
import { useSite } from '../../site';
import { alertOf } from '../../texts';
import { say } from '../../toast';
import { useAction } from '../../useAction';
import { useText } from './texts';

type Person = Schemas['PersonSummary'];
type Item = Schemas['PersonBulkItem'];
type Kind = Schemas['PersonBulk']['action'];

const kinds: readonly Kind[] = ['block', 'unblock', 'end_sessions', 'revoke'];

/** What can be done with the chosen people at once, and for whom it was refused. */
export function Bulk({ people, chosen, onDone }: { people: readonly Person[]; chosen: readonly string[]; onDone: () => void }) {
  const { t, texts } = useText();
  const client = useQueryClient();
  const tenant = useTenant();
  const me = useMe();
  const action = useAction();
  const [kind, setKind] = useState<Kind | null>(null);
  const [refused, setRefused] = useState<readonly Item[]>([]);
  const close = () => { setKind(null); };
  return (
    <>
      {kinds.map((each) => (
        <Button key={each} onClick={() => { action.begin(() => { setKind(each); }); }}>{texts.bulk[each]}</Button>
      ))}
      {kind ? (
        <ConfirmDialog
          title={t('bulkAsk', { what: texts.bulk[kind], count: chosen.length })}
          label={texts.bulk[kind]}
          danger={kind !== 'unblock'}
          reason="required"
          run={(reason) => ask(api.POST('/tenants/{tenant}/users/bulk', { params: { path: { tenant } }, body: { action: kind, ids: [...chosen], reason } }))}
          onDone={async ({ items }) => {
            const wrong = items.filter(({ ok }) => !ok);
            close();
            if (wrong.length < items.length) say(t('bulkDone', { count: items.length - wrong.length }));
            setRefused(wrong);
            if (!wrong.length) onDone();
            if (items.some(({ id, ok }) => ok && id === me.id)) await client.invalidateQueries({ queryKey: ['me'] });
            await client.invalidateQueries({ queryKey: ['t', tenant] });
          }}
          onClose={close}
        >
          <p>{texts.bulkLead[kind]}</p>
        </ConfirmDialog>
      ) : null}
      {refused.length ? (
        <DialogBox title={t('bulkRefused', { count: refused.length })} onClose={() => { setRefused([]); }}>
          <div className="stack">
            <ul className="stack">
              {refused.map(({ id, code = '' }) => <Refused key={id} who={people.find((each) => each.id === id)} code={code} />)}
            </ul>
            <div className="actions end"><Button onClick={() => { setRefused([]); }}>{t('close')}</Button></div>
          </div>
        </DialogBox>
      ) : null}
    </>
  );
}

function Refused({ who, code }: { who: Person | undefined; code: string }) {
  const { catalog } = useSite();
  return <li><bdi>{who?.name || who?.email}</bdi>: {alertOf(code) || textOf(catalog.alerts, code) || code}</li>;
}
