import { useState } from 'react';
import { ownImage, safeLink } from '../../login/answer';
import { type Application, call } from '../api';
import { textOf } from '../catalog';
import { useSite } from '../context';
import { Button } from '../parts/Button';
import { Dialog } from '../parts/Dialog';
import { Loaded } from '../parts/Loaded';
import { Panel } from '../parts/Panel';
import { Row, Rows, useRows } from '../parts/Rows';
import { useTime } from '../time';
import { useAction } from '../useAction';
import { useLoad } from '../useLoad';

const root = '/api/account/apps';

function Sign({ app }: { app: Application }) {
  const logo = ownImage(app.logo);
  return logo ? <img src={logo} alt="" width="40" height="40" /> : <>{String.fromCodePoint(app.name.codePointAt(0) ?? 0x20)}</>;
}

function Revoke({ app, onDone, onClose }: { app: Application; onDone: () => void; onClose: () => void }) {
  const { t } = useSite();
  const action = useAction();
  const revoke = () => { action.run(() => call('DELETE', `${root}/${encodeURIComponent(app.id)}`), onDone); };
  return (
    <Dialog title={t('revokeAsk', { name: app.name })} label={t('revoke')} danger action={action} onSend={revoke} onClose={onClose}>
      <p>{t('revokeBody', { name: app.name })}</p>
    </Dialog>
  );
}

function Name({ app }: { app: Application }) {
  const link = safeLink(app.uri);
  return link ? <a href={link}>{app.name}</a> : <>{app.name}</>;
}

function List({ apps, onGone }: { apps: readonly Application[]; onGone: (id: string) => void }) {
  const { catalog, t } = useSite();
  const { day } = useTime();
  const { box, leaving } = useRows();
  const [ending, setEnding] = useState<Application | null>(null);
  const [news, setNews] = useState('');
  const ask = (app: Application) => {
    setNews('');
    setEnding(app);
  };
  const revoked = (app: Application) => {
    setEnding(null);
    leaving(app.id);
    onGone(app.id);
    setNews(t('revoked', { name: app.name }));
  };
  return (
    <Panel title={t('appsList')} news={news}>
      <Rows box={box} empty={t('appsNone')}>
        {apps.map((app) => (
          <Row
            key={app.id}
            id={app.id}
            sign={<Sign app={app} />}
            title={<Name app={app} />}
            actions={
              <Button aria-label={t('revokeThis', { name: app.name })} onClick={() => { ask(app); }}>{t('revoke')}</Button>
            }
          >
            <p>{t('appSince', { date: day(app.since) })}</p>
            <ul className="scopes">{app.scopes.map((scope) => <li key={scope}>{textOf(catalog.scopes, scope) || scope}</li>)}</ul>
          </Row>
        ))}
      </Rows>
      {ending ? <Revoke app={ending} onDone={() => { revoked(ending); }} onClose={() => { setEnding(null); }} /> : null}
    </Panel>
  );
}

export function Apps() {
  const { state, retry, change } = useLoad<{ apps: readonly Application[] }>(root);
  const gone = (id: string) => { change(({ apps }) => ({ apps: apps.filter((app) => app.id !== id) })); };
  return (
    <Loaded state={state} retry={retry}>
      {({ apps }) => <List apps={apps} onGone={gone} />}
    </Loaded>
  );
}
