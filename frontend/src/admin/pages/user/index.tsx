import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { api, ask, type Schemas } from '../../api';
import { Icon } from '../../icons';
import { useMay, useTenant } from '../../me';
import { PageHead } from '../../parts/PageHead';
import { Loaded } from '../../parts/states';
import { Tabs } from '../../parts/Tabs';
import { useFilters } from '../../search';
import { StateBadge } from '../users/StateBadge';
import { Applications } from './Applications';
import { Danger } from './Danger';
import { History } from './History';
import { Profile } from './Profile';
import { type TabID, tabs, userSearch } from './search';
import { Sessions } from './Sessions';
import { useText } from './texts';
import { Ways } from './Ways';
import { usePart } from '../../path';

type Person = Schemas['Person'];

const panels: Readonly<Record<TabID, (of: { person: Person }) => ReactNode>> = {
  profile: Profile, ways: Ways, sessions: Sessions, applications: Applications, history: History, danger: Danger,
};

/** Everything about one account. */
export function Page() {
  const { t } = useText();
  const tenant = useTenant();
  const id = usePart('id');
  const query = useQuery({
    queryKey: ['t', tenant, 'users', id],
    queryFn: ({ signal }) => ask(api.GET('/tenants/{tenant}/users/{user}', { params: { path: { tenant, user: id } }, signal })),
  });
  const up = <Link to="/t/$tenant/users" params={{ tenant }}>{t('up')}</Link>;
  if (!query.data) {
    return (
      <>
        <PageHead title={t('title')} up={up} />
        <Loaded query={query}>{() => null}</Loaded>
      </>
    );
  }
  return (
    <>
      <PageHead
        title={query.data.name || query.data.email}
        up={up}
        lead={<span className="actions"><bdi>{query.data.email}</bdi><StateBadge state={query.data.state} /></span>}
      />
      <Loaded query={query}>{(person) => <Whole key={person.id} person={person} />}</Loaded>
    </>
  );
}

function Whole({ person }: { person: Person }) {
  const { t, texts } = useText();
  const mayChange = useMay('operator');
  const [{ tab = 'profile' }, setFilter] = useFilters(userSearch);
  const shown: readonly TabID[] = mayChange ? tabs : tabs.filter((each) => each !== 'danger');
  const now = shown.includes(tab) ? tab : 'profile';
  const Panel = panels[now];
  return (
    <>
      {person.self || person.protected ? (
        <div className="notice"><Icon name="lock" /><p>{person.self ? t('self') : t('protected')}</p></div>
      ) : null}
      <Tabs label={t('parts')} tabs={shown.map((id) => ({ id, label: texts.tabs[id] }))} value={now} onChange={(id) => { setFilter({ tab: id }); }}>
        <Panel person={person} />
      </Tabs>
    </>
  );
}
