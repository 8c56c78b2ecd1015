import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { api, ask, type Schemas } from '../../api';
import { textOf } from '../../catalog';
import { useMay, useTenant } from '../../me';
import { Button } from '../../parts/Button';
import { ConfirmDialog, DialogBox } from '../../parts/Dialog';
import { Badge, Time } from '../../parts/small';
import { type Column, Table } from '../../parts/Table';
import { say } from '../../toast';
import { useText } from './texts';

type Session = Schemas['PersonSession'];

/** Living sessions, each with a way to end it; with `people`, whose they are. */
export function SessionTable({ sessions, people = false, locked = false }: { sessions: readonly Session[]; people?: boolean; locked?: boolean }) {
  const { t, texts } = useText();
  const client = useQueryClient();
  const tenant = useTenant();
  const mayChange = useMay('operator') && !locked;
  const [ending, setEnding] = useState<Session | null>(null);
  const [ended, setEnded] = useState<readonly Schemas['SessionApplication'][]>([]);
  const close = () => { setEnding(null); };
  const device = ({ browser, system }: Session) => [browser, system].filter(Boolean).join(', ') || t('unknown');
  const columns: readonly Column<Session>[] = [
    ...(people ? [{
      id: 'person',
      head: t('person'),
      cell: ({ user, name, email }: Session) => <Link to="/t/$tenant/users/$id" params={{ tenant, id: user }}><bdi>{name || email}</bdi></Link>,
    }] : []),
    {
      id: 'device',
      head: t('device'),
      cell: (session) => <span className="actions"><bdi>{device(session)}</bdi>{session.current ? <Badge tone="good">{t('current')}</Badge> : null}</span>,
    },
    { id: 'ip', head: t('ip'), cell: ({ ip }) => (ip ? <bdi>{ip}</bdi> : '–') },
    {
      id: 'methods',
      head: t('signedInWith'),
      cell: ({ methods }) => [...new Set(methods.map((method) => textOf(texts.methods, method)).filter(Boolean))].join(', ') || '–',
    },
    { id: 'seen', head: t('seen'), cell: ({ lastSeenAt }) => <Time at={lastSeenAt} /> },
    { id: 'since', head: t('since'), cell: ({ authenticatedAt }) => <Time at={authenticatedAt} /> },
    ...(mayChange ? [{
      id: 'end',
      head: t('end'),
      quiet: true,
      end: true,
      cell: (session: Session) => (
        <Button kind="plain" aria-label={t('endOf', { device: device(session), name: session.name || session.email })} onClick={() => { setEnding(session); }}>{t('end')}</Button>
      ),
    }] : []),
  ];
  return (
    <>
      <Table caption={t('title')} columns={columns} rows={sessions} keyOf={({ id }) => id} empty={t('none')} />
      {ending ? (
        <ConfirmDialog
          title={t('endAsk', { device: device(ending), name: ending.name || ending.email })}
          label={t('end')}
          danger
          run={(reason) => ask(api.POST('/tenants/{tenant}/sessions/{session}/end', { params: { path: { tenant, session: ending.id } }, body: { reason } }))}
          onDone={async ({ applications }) => {
            close();
            say(t('ended'));
            setEnded(applications);
            // Of one's own nothing is left to ask with.
            await client.invalidateQueries({ queryKey: ending.current ? ['me'] : ['t', tenant] });
          }}
          onClose={close}
        >
          <p>{t('endLead')}</p>
        </ConfirmDialog>
      ) : null}
      {ended.length ? (
        <DialogBox title={t('endedTitle')} onClose={() => { setEnded([]); }}>
          <div className="stack">
            <p>{t('endedLead')}</p>
            <ul className="stack">{ended.map(({ client: id, name }) => <li key={id}><bdi>{name || id}</bdi></li>)}</ul>
            <div className="actions end"><Button onClick={() => { setEnded([]); }}>{t('close')}</Button></div>
          </div>
        </DialogBox>
      ) : null}
    </>
  );
}
