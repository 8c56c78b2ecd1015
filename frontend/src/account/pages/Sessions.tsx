import { useState } from 'react';
import { call, type Session } from '../api';
import { useSite } from '../context';
import { Button } from '../parts/Button';
import { Dialog } from '../parts/Dialog';
import { Icon } from '../parts/icons';
import { Loaded } from '../parts/Loaded';
import { Panel } from '../parts/Panel';
import { Row, Rows, useRows } from '../parts/Rows';
import { Trouble } from '../parts/Trouble';
import { useTime } from '../time';
import { useAction } from '../useAction';
import { useLoad } from '../useLoad';
import { useMethods } from '../useMethods';

const root = '/api/account/sessions';

function About({ session }: { session: Session }) {
  const { t } = useSite();
  const { moment } = useTime();
  const methods = useMethods()(session.methods);
  return (
    <>
      <p>{session.current ? t('activeNow') : t('lastSeen', { date: moment(session.lastSeenAt) })}</p>
      <p>{t('signedInOn', { date: moment(session.authenticatedAt) })}</p>
      <p className="facts">
        {session.ip ? <span><bdi dir="ltr">{session.ip}</bdi></span> : null}
        {methods ? <span>{methods}</span> : null}
        {session.remembered ? <span>{t('remembered')}</span> : null}
      </p>
    </>
  );
}

function EndOthers({ onDone, onClose }: { onDone: () => void; onClose: () => void }) {
  const { t } = useSite();
  const action = useAction();
  const end = () => { action.run(() => call('POST', `${root}/end-others`), onDone); };
  return (
    <Dialog title={t('endOthersAsk')} label={t('endOthers')} danger action={action} onSend={end} onClose={onClose}>
      <p>{t('endOthersBody')}</p>
    </Dialog>
  );
}

function List({ sessions, onChange }: { sessions: readonly Session[]; onChange: (keep: (session: Session) => boolean) => void }) {
  const { t } = useSite();
  const action = useAction();
  const { box, leaving } = useRows();
  const [asking, setAsking] = useState(false);
  const [news, setNews] = useState('');
  const nameOf = ({ browser, system }: Session) => {
    if (browser && system) return t('device', { browser, system });
    return browser || system || t('deviceUnknown');
  };
  const end = (session: Session) => {
    action.run(() => call('DELETE', `${root}/${encodeURIComponent(session.id)}`), () => {
      leaving(session.id);
      onChange(({ id }) => id !== session.id);
      setNews(t('sessionEnded', { name: nameOf(session) }));
    });
  };
  const othersEnded = () => {
    setAsking(false);
    onChange(({ current }) => current);
    setNews(t('othersEnded'));
  };
  return (
    <Panel title={t('sessionsList')} news={news}>
      <Trouble problem={action.problem} />
      <Rows box={box} empty={t('sessionsNone')}>
        {sessions.map((session) => (
          <Row
            key={session.id}
            id={session.id}
            sign={<Icon name="sessions" />}
            title={<>{nameOf(session)}{session.current ? <span className="badge">{t('thisDevice')}</span> : null}</>}
            actions={session.current ? undefined : (
              <Button aria-label={t('endThis', { name: nameOf(session) })} busy={action.busy} onClick={() => { end(session); }}>
                {t('end')}
              </Button>
            )}
          >
            <About session={session} />
          </Row>
        ))}
      </Rows>
      {sessions.some(({ current }) => !current) ? (
        <div className="actions"><Button onClick={() => { setAsking(true); }}>{t('endOthers')}</Button></div>
      ) : null}
      {asking ? <EndOthers onDone={othersEnded} onClose={() => { setAsking(false); }} /> : null}
    </Panel>
  );
}

export function Sessions() {
  const { state, retry, change } = useLoad<{ sessions: readonly Session[] }>(root);
  return (
    <Loaded state={state} retry={retry}>
      {({ sessions }) => (
        <List sessions={sessions} onChange={(keep) => { change((now) => ({ sessions: now.sessions.filter(keep) })); }} />
      )}
    </Loaded>
  );
}
