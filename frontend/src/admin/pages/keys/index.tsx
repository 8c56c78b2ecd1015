import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask, type Schemas } from '../../api';
import { useMay } from '../../me';
import { Button } from '../../parts/Button';
import { ConfirmDialog } from '../../parts/Dialog';
import { PageHead } from '../../parts/PageHead';
import { DefinitionList, Panel } from '../../parts/Panel';
import { Badge, Code, Time, type Tone } from '../../parts/small';
import { Loaded } from '../../parts/states';
import { type Column, Table } from '../../parts/Table';
import { say } from '../../toast';
import { useAction, useKept } from '../../useAction';
import { Asked } from '../jobs/Asked';
import { useText } from './texts';

type Key = Schemas['Key'];

const tones: Readonly<Record<Key['state'], Tone>> = { published: 'plain', active: 'good', retiring: 'warn', gone: 'plain' };
const queryKey = ['system', 'keys'];

// A request is waited for with short looks, and the keys themselves hardly ever change.
const often = 2000;
const under = (request: Schemas['JobRequest'] | undefined) => request?.outcome === 'waiting' || request?.outcome === 'running';

function Keys({ keys, owner, onCompromised }: { keys: readonly Key[]; owner: Key['owner']; onCompromised?: (key: Key) => void }) {
  const { t, texts } = useText();
  const columns: readonly Column<Key>[] = [
    { id: 'kid', head: t('kid'), cell: ({ kid, set }) => <><Code>{kid}</Code>{set ? <span className="hint"> {set}</span> : null}</> },
    ...(owner === 'authway' ? [{ id: 'algorithm', head: t('algorithm'), cell: ({ algorithm }: Key) => algorithm }] : []),
    {
      id: 'state', head: t('state'),
      cell: ({ state, compromised, hastened }) => (
        <span className="actions">
          <Badge tone={tones[state]}>{texts.states[state]}</Badge>
          {compromised ? <Badge tone="bad">{t('compromised')}</Badge> : null}
          {hastened ? <Badge tone="warn">{t('hastened')}</Badge> : null}
        </span>
      ),
    },
    { id: 'since', head: t('since'), cell: ({ since }) => <Time at={since} /> },
    { id: 'next', head: t('next'), cell: ({ next, nextAt }) => (next ? <>{texts.becomes[next]} <Time at={nextAt} /></> : '–') },
    ...(onCompromised ? [{
      id: 'act', head: t('compromise'), quiet: true, end: true,
      cell: (key: Key) => (key.state === 'gone' ? null : <Button kind="plain" aria-label={t('compromiseOne', { kid: key.kid })} onClick={() => { onCompromised(key); }}>{t('compromise')}</Button>),
    }] : []),
  ];
  return <Table caption={texts.owners[owner]} columns={columns} rows={keys.filter((key) => key.owner === owner)} keyOf={({ kid, set = '' }) => set + kid} empty={t('none')} />;
}

/** The keys that sign, with what happens to them when. */
export function Page() {
  const { t, texts } = useText();
  const client = useQueryClient();
  const mayTurn = useMay('owner');
  const action = useAction();
  // The reason is back from a sign-in that came in between.
  const [, again] = useKept('rotate', { reason: '' });
  const [rotating, setRotating] = useState(again);
  const [lost, setLost] = useState<Key | null>(null);
  const query = useQuery({
    queryKey,
    queryFn: ({ signal }) => ask(api.GET('/keys', { signal })),
    refetchInterval: ({ state }) => (under(state.data?.request) ? often : false),
  });
  const done = async () => {
    say(t('askedFor'));
    await client.invalidateQueries({ queryKey });
  };
  const compromise = mayTurn ? (key: Key) => { action.begin(() => { setLost(key); }); } : undefined;
  return (
    <>
      <PageHead
        title={t('title')}
        lead={t('lead')}
        actions={mayTurn ? <Button kind="main" onClick={() => { action.begin(() => { setRotating(true); }); }}>{t('rotate')}</Button> : null}
      />
      <Loaded query={query}>
        {({ items, jwks, request }) => (
          <>
            {request ? <Panel title={t('lastAsked')}><Asked request={request} /></Panel> : null}
            <Panel title={texts.owners.authway} lead={t('authwayLead')}><Keys keys={items} owner="authway" onCompromised={compromise} /></Panel>
            <Panel title={texts.owners.hydra} lead={t('hydraLead')}><Keys keys={items} owner="hydra" onCompromised={compromise} /></Panel>
            <Panel title={t('statesTitle')}>
              <DefinitionList items={(['published', 'active', 'retiring', 'gone'] as const).map((state) => ({ label: texts.states[state], value: texts.explained[state] }))} />
              <p className="hint">{t('jwks')}</p>
              <ul>{jwks.map((address) => <li key={address}><a href={address}><Code>{address}</Code></a></li>)}</ul>
            </Panel>
          </>
        )}
      </Loaded>
      {rotating ? (
        <ConfirmDialog
          title={t('rotateAsk')} label={t('rotate')} reason="required" keep="rotate"
          run={(reason) => ask(api.POST('/keys/rotate', { body: { reason } }))}
          onDone={async () => { setRotating(false); await done(); }}
          onClose={() => { setRotating(false); }}
        >
          <p>{t('rotateLead')}</p>
        </ConfirmDialog>
      ) : null}
      {lost ? (
        <ConfirmDialog
          title={t('compromiseAsk')} label={t('compromise')} danger reason="required" typed={lost.kid} keep="compromise"
          run={(reason) => ask(api.POST('/keys/{kid}/compromised', { params: { path: { kid: lost.kid } }, body: { reason, confirm: lost.kid } }))}
          onDone={async () => { setLost(null); await done(); }}
          onClose={() => { setLost(null); }}
        >
          <p>{t(lost.owner === 'hydra' ? 'compromiseHydra' : 'compromiseLead')}</p>
        </ConfirmDialog>
      ) : null}
    </>
  );
}
