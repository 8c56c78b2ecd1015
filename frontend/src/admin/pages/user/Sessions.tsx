import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask, type Schemas } from '../../api';
import { useMay, useTenant } from '../../me';
import { Button } from '../../parts/Button';
import { Pager } from '../../parts/Pager';
import { Panel } from '../../parts/Panel';
import { Loaded } from '../../parts/states';
import { useFilters } from '../../search';
import { SessionTable } from '../sessions/SessionTable';
import { Ask } from './Ask';
import { userSearch } from './search';
import { useText } from './texts';

/** Where somebody is signed in. */
export function Sessions({ person }: { person: Schemas['Person'] }) {
  const { t } = useText();
  const tenant = useTenant();
  const mayChange = useMay('operator') && !person.protected;
  const [{ cursor }] = useFilters(userSearch);
  const [asked, setAsked] = useState(false);
  const path = { tenant, user: person.id };
  const query = useQuery({
    queryKey: ['t', tenant, 'users', person.id, 'sessions', cursor],
    queryFn: ({ signal }) => ask(api.GET('/tenants/{tenant}/users/{user}/sessions', { params: { path, query: { cursor } }, signal })),
    placeholderData: keepPreviousData,
  });
  return (
    <Panel
      title={t('sessions')}
      actions={mayChange && query.data?.items.length ? <Button kind="danger" onClick={() => { setAsked(true); }}>{t('endAll')}</Button> : null}
    >
      <Loaded query={query}>
        {({ items, next }) => <><SessionTable sessions={items} locked={person.protected} /><Pager next={next} /></>}
      </Loaded>
      {asked ? (
        <Ask
          person={person} title="endAllAsk" lead="endAllLead" label="endAll" done="endAllDone" danger reason="optional"
          run={(reason) => ask(api.POST('/tenants/{tenant}/users/{user}/sessions/end', { params: { path }, body: { reason } }))}
          onClose={() => { setAsked(false); }}
        />
      ) : null}
    </Panel>
  );
}
