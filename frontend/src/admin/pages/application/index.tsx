import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { api, ask, type Schemas } from '../../api';
import { Icon } from '../../icons';
import { useMay, useTenant } from '../../me';
import { PageHead } from '../../parts/PageHead';
import { Badge } from '../../parts/small';
import { Loaded, Missing } from '../../parts/states';
import { Tabs } from '../../parts/Tabs';
import { asProblem } from '../../problem';
import { useFilters } from '../../search';
import { Connect } from './Connect';
import { Danger } from './Danger';
import { Drift, GoneDeclared } from './Drift';
import { applicationSearch, type TabID, tabs } from './search';
import { Secret } from './Secret';
import { Settings } from './Settings';
import { useText } from './texts';
import { usePart } from '../../path';

type Application = Schemas['Application'];

const panels: Readonly<Record<TabID, (of: { app: Application }) => ReactNode>> = {
  settings: Settings, secret: Secret, connect: Connect, danger: Danger,
};

/** Everything about one application. */
export function Page() {
  const { t, texts } = useText();
  const tenant = useTenant();
  const id = usePart('id');
  const query = useQuery({
    queryKey: ['t', tenant, 'applications', 'one', id],
    queryFn: ({ signal }) => ask(api.GET('/tenants/{tenant}/applications/{id}', { params: { path: { tenant, id } }, signal })),
  });
  const up = <Link to="/t/$tenant/applications" params={{ tenant }}>{t('up')}</Link>;
  if (!query.data) {
    const gone = query.error && asProblem(query.error).status === 404;
    return (
      <>
        <PageHead title={t('title')} up={up} />
        {gone ? <GoneDeclared id={id} none={<Missing />} /> : <Loaded query={query}>{() => null}</Loaded>}
      </>
    );
  }
  const { settings, kind, builtIn, unused } = query.data;
  return (
    <>
      <PageHead
        title={settings.name || id}
        up={up}
        lead={<span className="actions"><code dir="ltr">{id}</code><Badge>{texts.kinds[kind]}</Badge>{builtIn ? <Badge>{t('builtIn')}</Badge> : null}{unused ? <Badge tone="warn">{t('unused')}</Badge> : null}</span>}
      />
      <Loaded query={query}>{(app) => <Whole key={app.id} app={app} />}</Loaded>
    </>
  );
}

function Whole({ app }: { app: Application }) {
  const { t, texts } = useText();
  const mayChange = useMay('operator') && !app.builtIn;
  const [{ tab = 'settings' }, setFilter] = useFilters(applicationSearch);
  const shown = tabs.filter((each) => (each === 'danger' ? mayChange : each !== 'secret' || (app.secret.has && mayChange)));
  const now = shown.includes(tab) ? tab : 'settings';
  const Panel = panels[now];
  return (
    <>
      {app.builtIn ? <div className="notice"><Icon name="lock" /><p>{t('builtInLead')}</p></div> : null}
      {app.reach !== 'ordinary' && !app.builtIn ? <div className="notice"><Icon name="lock" /><p>{app.reach === 'owner' ? t('reachOwner') : t('reachSystem')}</p></div> : null}
      <Drift app={app} />
      <Tabs label={t('parts')} tabs={shown.map((id) => ({ id, label: texts.tabs[id] }))} value={now} onChange={(id) => { setFilter({ tab: id }); }}>
        <Panel app={app} />
      </Tabs>
    </>
  );
}
