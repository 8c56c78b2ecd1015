import { useEffect, useState } from 'react';
import { type Problem, problem } from '../../../login/answer';
import { call, type Identity } from '../../api';
import { useOverview, useSite } from '../../context';
import { Button } from '../../parts/Button';
import { Dialog } from '../../parts/Dialog';
import { Panel } from '../../parts/Panel';
import { Row, Rows, useRows } from '../../parts/Rows';
import { Trouble } from '../../parts/Trouble';
import { useTime } from '../../time';
import { useAction } from '../../useAction';

interface Return {
  linked: string;
  problem: Problem | null;
}

/** What a provider's answer came to, which is in the address on the way back. */
function returned(): Return {
  const query = new URLSearchParams(location.search);
  const code = query.get('problem') ?? '';
  return { linked: query.get('linked') ?? '', problem: code ? problem(code).problem : null };
}

function useReturn(): Return {
  const [back] = useState(returned);
  // It is told once: not again when the page is loaded again or shared.
  useEffect(() => {
    if (location.search) history.replaceState(history.state, '', location.pathname);
  }, []);
  return back;
}

function Unlink({ identity, onDone, onClose }: { identity: Identity; onDone: () => unknown; onClose: () => void }) {
  const { t } = useSite();
  const action = useAction();
  const { name } = identity;
  const unlink = () => {
    action.run(() => call('DELETE', `/api/account/identities/${encodeURIComponent(identity.provider)}`), onDone);
  };
  return (
    <Dialog title={t('unlinkAsk', { name })} label={t('unlink')} danger action={action} onSend={unlink} onClose={onClose}>
      <p>{t('unlinkBody', { name })}</p>
    </Dialog>
  );
}

export function Linked() {
  const { t, reload } = useSite();
  const { identities, providers } = useOverview();
  const { day } = useTime();
  const action = useAction();
  const back = useReturn();
  const [ending, setEnding] = useState<Identity | null>(null);
  const linked = identities.find(({ provider }) => provider === back.linked);
  const [news, setNews] = useState(linked ? t('nowLinked', { name: linked.name }) : '');
  const { box, leaving } = useRows();
  const open = providers.filter(({ id }) => !identities.some(({ provider }) => provider === id));
  if (!identities.length && !open.length) return null;

  const begin = (identity: Identity) => {
    action.begin(() => {
      setNews('');
      setEnding(identity);
    });
  };
  const ended = async ({ provider, name }: Identity) => {
    setEnding(null);
    leaving(provider);
    await reload();
    setNews(t('unlinked', { name }));
  };
  return (
    <Panel title={t('linked')} lead={t('linkedLead')} news={news}>
      <Trouble problem={action.problem ?? back.problem} />
      <Rows box={box} empty={t('linkedNone')}>
        {identities.map((identity) => (
          <Row
            key={identity.provider}
            id={identity.provider}
            sign={identity.name.slice(0, 1)}
            title={identity.name}
            actions={
              <Button aria-label={t('unlinkThis', { name: identity.name })} onClick={() => { begin(identity); }}>
                {t('unlink')}
              </Button>
            }
          >
            {identity.email ? <p><bdi>{identity.email}</bdi></p> : null}
            <p>{t('linkedOn', { date: day(identity.linkedAt) })}</p>
          </Row>
        ))}
      </Rows>
      {open.length ? (
        <div className="actions">
          {open.map(({ id, name }) => (
            <a key={id} className="button quiet" href={`/account/link/${encodeURIComponent(id)}`}>{t('linkThis', { name })}</a>
          ))}
        </div>
      ) : null}
      {ending ? <Unlink identity={ending} onDone={() => ended(ending)} onClose={() => { setEnding(null); }} /> : null}
    </Panel>
  );
}
