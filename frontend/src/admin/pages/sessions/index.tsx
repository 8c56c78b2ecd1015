import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { api, ask } from '../../api';
import { useTenant } from '../../me';
import { Button } from '../../parts/Button';
import { SearchField } from '../../parts/fields';
import { PageHead } from '../../parts/PageHead';
import { Pager } from '../../parts/Pager';
import { Loaded } from '../../parts/states';
import { useFilters } from '../../search';
import { sessionsSearch } from './search';
import { SessionTable } from './SessionTable';
import { useText } from './texts';

/** Who is signed in to a tenant. */
export function Page() {
  const { t } = useText();
  const tenant = useTenant();
  const [filter, setFilter] = useFilters(sessionsSearch);
  const query = useQuery({
    queryKey: ['t', tenant, 'sessions', filter],
    queryFn: ({ signal }) => ask(api.GET('/tenants/{tenant}/sessions', { params: { path: { tenant }, query: filter }, signal })),
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <PageHead title={t('title')} lead={t('lead')} />
      <div className="filters" role="group" aria-label={t('filters')}>
        <SearchField label={t('byAddress')} value={filter.ip ?? ''} onSearch={(ip) => { setFilter({ ip }); }} />
        {filter.user ? (
          <>
            <Link className="button quiet" to="/t/$tenant/users/$id" params={{ tenant, id: filter.user }}>{t('ofOne')}</Link>
            <Button onClick={() => { setFilter({ user: undefined }); }}>{t('ofAll')}</Button>
          </>
        ) : null}
      </div>
      <Loaded query={query}>
        {({ items, next }) => <><SessionTable sessions={items} people /><Pager next={next} /></>}
      </Loaded>
    </>
  );
}
