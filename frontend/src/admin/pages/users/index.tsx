import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { api, ask, type Schemas } from '../../api';
import { useMay, useTenant } from '../../me';
import { Checkbox, DateRange, SearchField, Select } from '../../parts/fields';
import { PageHead } from '../../parts/PageHead';
import { Pager } from '../../parts/Pager';
import { Badge, Time } from '../../parts/small';
import { Empty, Loaded } from '../../parts/states';
import { type Column, Table } from '../../parts/Table';
import { useFilters } from '../../search';
import { Bulk } from './Bulk';
import { asked, type UsersSearch, usersSearch } from './search';
import { StateBadge } from './StateBadge';
import { useText } from './texts';

type Person = Schemas['PersonSummary'];

const states = ['active', 'blocked', 'leaving', 'invited', 'unverified'] as const;
const nobody: ReadonlySet<string> = new Set();

/** The people of a tenant. */
export function Page() {
  const { t, texts } = useText();
  const tenant = useTenant();
  const mayChange = useMay('operator');
  const [filter, setFilter] = useFilters(usersSearch);
  const [chosen, setChosen] = useState(nobody);
  const query = useQuery({
    queryKey: ['t', tenant, 'users', filter],
    queryFn: ({ signal }) =>
      ask(api.GET('/tenants/{tenant}/users', {
        params: { path: { tenant }, query: { ...asked(filter), cursor: filter.cursor, ...(filter.administers && { administers: true }) } },
        signal,
      })),
    placeholderData: keepPreviousData,
  });
  const roles = useQuery({
    queryKey: ['t', tenant, 'roles'],
    queryFn: ({ signal }) => ask(api.GET('/tenants/{tenant}/roles', { params: { path: { tenant } }, signal })),
    staleTime: 60_000,
  });
  const change = (next: UsersSearch) => {
    setChosen(nobody);
    setFilter(next);
  };
  const names = roles.data?.items.map(({ name }) => name) ?? [];
  const columns: readonly Column<Person>[] = [
    {
      id: 'name',
      head: t('name'),
      cell: ({ id, name, email }) => (
        <Link to="/t/$tenant/users/$id" params={{ tenant, id }}><bdi>{name || email}</bdi></Link>
      ),
    },
    { id: 'email', head: t('email'), cell: ({ email }) => <bdi>{email}</bdi> },
    {
      id: 'state',
      head: t('state'),
      cell: ({ state, administers }) => (
        <span className="actions"><StateBadge state={state} />{administers ? <Badge>{t('administrator')}</Badge> : null}</span>
      ),
    },
    { id: 'roles', head: t('roles'), cell: (person) => (person.roles.length ? <span dir="ltr">{person.roles.join(', ')}</span> : '–') },
    { id: 'created', head: t('created'), cell: ({ createdAt }) => <Time at={createdAt} kind="day" /> },
  ];
  return (
    <>
      <PageHead title={t('title')} lead={t('lead')} actions={mayChange ? <Ways filter={filter} /> : null} />
      <div className="filters" role="group" aria-label={t('filters')}>
        <SearchField label={t('search')} value={filter.q ?? ''} onSearch={(q) => { change({ q }); }} />
        <Select
          label={t('state')}
          value={filter.state ?? ''}
          options={[{ value: '', label: t('anyState') }, ...states.map((value) => ({ value, label: texts.states[value] }))]}
          onChange={(state) => { change({ state: state || undefined }); }}
        />
        {names.length || filter.role ? (
          <Select
            label={t('role')}
            value={filter.role ?? ''}
            options={[{ value: '', label: t('anyRole') }, ...[...new Set([...names, ...(filter.role ? [filter.role] : [])])].map((value) => ({ value, label: value }))]}
            onChange={(role) => { change({ role: role || undefined }); }}
          />
        ) : null}
        <DateRange label={t('created')} from={filter.from ?? ''} to={filter.to ?? ''} onChange={change} />
        <Checkbox checked={filter.administers === 'true'} onChange={(on) => { change({ administers: on ? 'true' : undefined }); }}>{t('administrators')}</Checkbox>
      </div>
      <Loaded query={query}>
        {({ items, next }) => (
          <>
            <Table
              caption={t('title')}
              columns={columns}
              rows={items}
              keyOf={({ id }) => id}
              empty={next ? <Empty title={t('noneYet')}>{t('noneYetLead')}</Empty> : <Empty title={t('none')}>{t('noneLead')}</Empty>}
              selection={mayChange ? {
                chosen,
                onChange: setChosen,
                nameOf: ({ name, email }) => name || email,
                actions: <Bulk people={items} chosen={items.map(({ id }) => id).filter((id) => chosen.has(id))} onDone={() => { setChosen(nobody); }} />,
              } : undefined}
            />
            <Pager next={next} />
          </>
        )}
      </Loaded>
    </>
  );
}

/** How people come in, and how what is filtered comes out. */
function Ways({ filter }: { filter: UsersSearch }) {
  const { t } = useText();
  const tenant = useTenant();
  return (
    <>
      <Link className="button quiet" to="/t/$tenant/invitations" params={{ tenant }}>{t('invite')}</Link>
      <Link className="button quiet" to="/t/$tenant/users/import" params={{ tenant }}>{t('import')}</Link>
      {/* A file knows no filter by what is administered. */}
      {filter.administers ? null : (
        <Link className="button quiet" to="/t/$tenant/users/export" params={{ tenant }} search={{ ...filter, cursor: undefined }}>{t('export')}</Link>
      )}
    </>
  );
}
