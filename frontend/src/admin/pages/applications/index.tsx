import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { api, ask, type Schemas } from '../../api';
import { useMay, useTenant } from '../../me';
import { Checkbox, SearchField, Select } from '../../parts/fields';
import { PageHead } from '../../parts/PageHead';
import { Pager } from '../../parts/Pager';
import { Panel } from '../../parts/Panel';
import { Badge, Time } from '../../parts/small';
import { Empty, Loaded } from '../../parts/states';
import { type Column, Table } from '../../parts/Table';
import { useFilters } from '../../search';
import { applicationsSearch, kinds } from './search';
import { useText } from './texts';

type Summary = Schemas['ApplicationSummary'];
type Drift = Schemas['ApplicationDrift'];

/** The applications of a tenant. */
export function Page() {
  const { t, texts } = useText();
  const tenant = useTenant();
  const mayChange = useMay('operator');
  const [filter, setFilter] = useFilters(applicationsSearch);
  const { q, kind, cursor } = filter;
  const query = useQuery({
    queryKey: ['t', tenant, 'applications', filter],
    queryFn: ({ signal }) =>
      ask(api.GET('/tenants/{tenant}/applications', {
        params: { path: { tenant }, query: { q, kind, cursor, ...(filter.unused && { unused: true }) } },
        signal,
      })),
    placeholderData: keepPreviousData,
  });
  const columns: readonly Column<Summary>[] = [
    {
      id: 'name',
      head: t('name'),
      cell: ({ id, name }) => <Link to="/t/$tenant/applications/$id" params={{ tenant, id }}><bdi>{name || id}</bdi></Link>,
    },
    { id: 'id', head: t('id'), cell: ({ id }) => <code dir="ltr">{id}</code> },
    { id: 'kind', head: t('kind'), cell: (app) => texts.kinds[app.kind] },
    { id: 'used', head: t('used'), cell: ({ lastUsedAt }) => <Time at={lastUsedAt} /> },
    {
      id: 'state',
      head: t('state'),
      cell: ({ builtIn, firstParty, unused, declared, drifted }) => (
        <span className="actions">
          {builtIn ? <Badge>{t('builtIn')}</Badge> : null}
          {firstParty && !builtIn ? <Badge>{t('firstParty')}</Badge> : null}
          {unused ? <Badge tone="warn">{t('unused')}</Badge> : null}
          {drifted ? <Badge tone="bad">{t('drifted')}</Badge> : null}
          {declared && !drifted ? <Badge tone="good">{t('declared')}</Badge> : null}
        </span>
      ),
    },
  ];
  return (
    <>
      <PageHead
        title={t('title')}
        lead={t('lead')}
        actions={mayChange ? <Link className="button main" to="/t/$tenant/applications/new" params={{ tenant }}>{t('add')}</Link> : null}
      />
      <Gone />
      <div className="filters" role="group" aria-label={t('filters')}>
        <SearchField label={t('search')} value={q ?? ''} onSearch={(text) => { setFilter({ q: text }); }} />
        <Select
          label={t('kind')}
          value={kind ?? ''}
          options={[{ value: '', label: t('anyKind') }, ...kinds.map((value) => ({ value, label: texts.kinds[value] }))]}
          onChange={(value) => { setFilter({ kind: value || undefined }); }}
        />
        <Checkbox checked={filter.unused === 'true'} onChange={(on) => { setFilter({ unused: on ? 'true' : undefined }); }}>{t('onlyUnused')}</Checkbox>
      </div>
      <Loaded query={query}>
        {({ items, next }) => (
          <>
            <Table
              caption={t('title')}
              columns={columns}
              rows={items}
              keyOf={({ id }) => id}
              empty={next ? <Empty title={t('noneYet')}>{t('noneYetLead')}</Empty> : <Empty icon="applications" title={t('none')}>{t('noneLead')}</Empty>}
            />
            <Pager next={next} />
          </>
        )}
      </Loaded>
    </>
  );
}

/** What a file declares and Hydra does not have: no line of the list is about it. */
function Gone() {
  const { t } = useText();
  const tenant = useTenant();
  const { data } = useQuery({
    queryKey: ['t', tenant, 'drift'],
    queryFn: ({ signal }) => ask(api.GET('/tenants/{tenant}/applications/drift', { params: { path: { tenant } }, signal })),
    staleTime: 60_000,
  });
  const gone = data?.items.filter(({ declaration }) => declaration.missing) ?? [];
  if (!gone.length) return null;
  const columns: readonly Column<Drift>[] = [
    { id: 'name', head: t('name'), cell: ({ id, name }) => <Link to="/t/$tenant/applications/$id" params={{ tenant, id }}><bdi>{name || id}</bdi></Link> },
    { id: 'checked', head: t('checked'), cell: ({ declaration }) => <Time at={declaration.checkedAt} /> },
  ];
  return (
    <Panel title={t('gone')} lead={t('goneLead')} danger>
      <Table caption={t('gone')} columns={columns} rows={gone} keyOf={({ id }) => id} empty="" />
    </Panel>
  );
}
