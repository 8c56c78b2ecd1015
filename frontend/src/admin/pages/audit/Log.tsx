import { type ReactNode, useState } from 'react';
import { Button } from '../../parts/Button';
import { DateRange, SearchField, Select, Switch } from '../../parts/fields';
import { PageHead } from '../../parts/PageHead';
import { Pager } from '../../parts/Pager';
import { Badge, Code, Time } from '../../parts/small';
import { Loaded } from '../../parts/states';
import { type Column, Table } from '../../parts/Table';
import { Trouble } from '../../parts/Trouble';
import { Problem } from '../../problem';
import { useFilters } from '../../search';
import { useAction } from '../../useAction';
import { Live } from '../overview/Live';
import { Detail } from './Detail';
import { type Event, pathOf, spanOf, useLog, written } from './data';
import { auditSearch, type AuditSearch } from './search';
import { useText } from './texts';

const longest = 31 * 24 * 3600 * 1000;

/** The buttons that take away what is filtered. It is the browser that fetches the file. */
function Export({ tenant, search }: { tenant: string; search: AuditSearch }) {
  const { t } = useText();
  const action = useAction();
  const take = (format: string) => {
    const query = spanOf(search);
    if (query.from && query.to && Date.parse(query.to) - Date.parse(query.from) > longest) {
      action.refuse(new Problem('times_invalid'));
      return;
    }
    action.begin(() => { location.assign(`${pathOf(tenant)}/export?${written({ ...query, format })}`); });
  };
  return (
    <>
      <Button onClick={() => { take('csv'); }}>{t('exportCSV')}</Button>
      <Button onClick={() => { take('jsonl'); }}>{t('exportJSON')}</Button>
      <Trouble problem={action.problem} />
    </>
  );
}

const short = (id: string) => (id.length > 20 ? `${id.slice(0, 8)}…${id.slice(-4)}` : id);
const Id = ({ children }: { children: string }) => (children ? <span title={children}><Code>{short(children)}</Code></span> : <>–</>);

/** The audit log of a tenant, or with '' of the installation. `tenantOf` names the tenant of an event. */
export function Log({ tenant, tenantOf, actions }: { tenant: string; tenantOf?: (id: string | undefined) => string; actions?: ReactNode }) {
  const { t, texts } = useText();
  const [search, setSearch] = useFilters(auditSearch);
  const { query, stream, live } = useLog(tenant, search);
  const [open, setOpen] = useState<Event | null>(null);
  const field = (name: 'action' | 'actor' | 'subject' | 'client' | 'ip' | 'requestId') => (
    <SearchField label={texts.by[name]} value={search[name] ?? ''} onSearch={(value) => { setSearch({ [name]: value }); }} />
  );
  const columns: readonly Column<Event>[] = [
    { id: 'at', head: t('at'), cell: ({ at }) => <Time at={at} /> },
    ...(tenantOf ? [{ id: 'tenant', head: t('tenant'), cell: ({ tenantId }: Event) => tenantOf(tenantId) }] : []),
    { id: 'action', head: t('action'), cell: ({ action }) => <Code>{action}</Code> },
    { id: 'outcome', head: t('outcome'), cell: ({ outcome }) => <Badge tone={outcome === 'success' ? 'good' : 'bad'}>{texts.outcomes[outcome]}</Badge> },
    { id: 'actor', head: t('actor'), cell: ({ actorKind, actorId }) => (actorId ? <Id>{actorId}</Id> : texts.kinds[actorKind]) },
    { id: 'subject', head: t('subject'), cell: ({ subjectId }) => <Id>{subjectId}</Id> },
    { id: 'client', head: t('client'), cell: ({ clientId }) => <Id>{clientId}</Id> },
    { id: 'ip', head: t('ip'), cell: ({ ip }) => <Id>{ip}</Id> },
    {
      id: 'open', head: t('open'), quiet: true, end: true,
      cell: (event) => <Button kind="plain" aria-label={t('openOne', { action: event.action })} onClick={() => { setOpen(event); }}>{t('open')}</Button>,
    },
  ];
  return (
    <>
      <PageHead title={t('title')} lead={t('lead')} actions={<>{actions}<Export tenant={tenant} search={search} /></>} />
      <div className="filters" role="group" aria-label={t('filters')}>
        {field('action')}
        {field('subject')}
        {field('actor')}
        {field('client')}
        {field('ip')}
        {field('requestId')}
        <Select
          label={t('outcome')}
          value={search.outcome ?? ''}
          options={[{ value: '', label: t('any') }, { value: 'success', label: texts.outcomes.success }, { value: 'failure', label: texts.outcomes.failure }]}
          onChange={(outcome) => { setSearch({ outcome: outcome || undefined }); }}
        />
        {live ? null : <DateRange label={t('when')} from={search.from ?? ''} to={search.to ?? ''} onChange={setSearch} />}
        <Switch checked={live} onChange={(on) => { setSearch(on ? { live: 'on', from: undefined, to: undefined } : { live: undefined }); }}>{t('follow')}</Switch>
        {live ? <Live {...stream} /> : null}
      </div>
      <Loaded query={query}>
        {({ items, next, reached }) => (
          <>
            <Table caption={t('title')} columns={columns} rows={items} keyOf={({ id }) => id} empty={next ? t('notYet') : t('nothing')} />
            {reached && !live ? <p className="hint">{t('reached')} <Time at={reached} /></p> : null}
            {live ? null : <Pager next={next} />}
          </>
        )}
      </Loaded>
      {open ? <Detail tenant={tenant} event={open} onClose={() => { setOpen(null); }} /> : null}
    </>
  );
}
