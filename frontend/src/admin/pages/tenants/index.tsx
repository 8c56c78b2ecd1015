import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { api, ask, type Schemas } from '../../api';
import { useMay } from '../../me';
import { Button } from '../../parts/Button';
import { ConfirmDialog, Dialog } from '../../parts/Dialog';
import { SearchField, TextField } from '../../parts/fields';
import { Menu } from '../../parts/Menu';
import { PageHead } from '../../parts/PageHead';
import { Pager } from '../../parts/Pager';
import { Badge, Time } from '../../parts/small';
import { Loaded } from '../../parts/states';
import { type Column, Table } from '../../parts/Table';
import { useFilters } from '../../search';
import { say } from '../../toast';
import { useAction } from '../../useAction';
import { tenantsSearch } from './search';
import { useText } from './texts';

type Tenant = Schemas['TenantEntry'];

function Create({ onClose, onDone }: { onClose: () => void; onDone: () => Promise<void> }) {
  const { t } = useText();
  const action = useAction();
  const send = (data: FormData) => {
    const entry = (name: string) => {
      const value = data.get(name);
      return typeof value === 'string' ? value.trim() : '';
    };
    action.run(() => ask(api.POST('/tenants', { body: { slug: entry('slug'), name: entry('name') } })), async ({ name }) => {
      onClose();
      say(t('created', { name }));
      await onDone();
    });
  };
  return (
    <Dialog title={t('add')} action={action} label={t('create')} fields={['slug', 'name']} onSend={send} onClose={onClose}>
      <TextField name="name" label={t('name')} required maxLength={200} />
      <TextField name="slug" label={t('slug')} hint={t('slugHint')} required maxLength={63} pattern="[a-z0-9][a-z0-9\-]{0,62}" code />
    </Dialog>
  );
}

/** All tenants of the installation. */
export function Page() {
  const { t } = useText();
  const client = useQueryClient();
  const mayChange = useMay('owner');
  const action = useAction();
  const [filter, setFilter] = useFilters(tenantsSearch);
  const [creating, setCreating] = useState(false);
  const [removing, setRemoving] = useState<Tenant | null>(null);
  const query = useQuery({
    queryKey: ['system', 'tenants', filter],
    queryFn: ({ signal }) => ask(api.GET('/tenants', { params: { query: { search: filter.q, cursor: filter.cursor } }, signal })),
    placeholderData: keepPreviousData,
  });
  const changed = async () => {
    await Promise.all([['system', 'tenants'], ['me']].map((queryKey) => client.invalidateQueries({ queryKey })));
  };
  const columns: readonly Column<Tenant>[] = [
    {
      id: 'name',
      head: t('name'),
      cell: ({ slug, name }) => <Link to="/t/$tenant" params={{ tenant: slug }}><bdi>{name}</bdi></Link>,
    },
    { id: 'slug', head: t('slug'), cell: ({ slug }) => <code dir="ltr">{slug}</code> },
    { id: 'accounts', head: t('accounts'), end: true, cell: ({ accounts, accountsMore }) => (accountsMore ? t('more', { count: accounts }) : String(accounts)) },
    {
      id: 'demands',
      head: t('demands'),
      cell: ({ requireMfa, registration }) => (
        <span className="actions">
          {requireMfa ? <Badge tone="good">{t('mfa')}</Badge> : null}
          {registration === 'invited' ? <Badge>{t('invited')}</Badge> : null}
        </span>
      ),
    },
    { id: 'since', head: t('since'), cell: ({ createdAt }) => <Time at={createdAt} kind="day" /> },
    {
      id: 'settings',
      head: t('settings'),
      quiet: true,
      cell: ({ slug }) => <Link to="/t/$tenant/settings" params={{ tenant: slug }}>{t('settings')}</Link>,
    },
    ...(mayChange ? [{
      id: 'actions',
      head: t('actions', { name: '' }).trim(),
      quiet: true,
      cell: (row: Tenant) => (
        <Menu
          label={t('actions', { name: row.name })}
          items={[row.slug !== 'default' && { label: t('remove'), danger: true, onSelect: () => { action.begin(() => { setRemoving(row); }); } }]}
        />
      ),
    }] : []),
  ];
  const close = () => { setRemoving(null); };
  return (
    <>
      <PageHead title={t('title')} lead={t('lead')} actions={mayChange ? <Button kind="main" onClick={() => { setCreating(true); }}>{t('add')}</Button> : null} />
      <div className="filters"><SearchField label={t('search')} value={filter.q ?? ''} onSearch={(q) => { setFilter({ q }); }} /></div>
      <Loaded query={query}>
        {({ items, next }) => (
          <>
            <Table caption={t('title')} columns={columns} rows={items} keyOf={({ slug }) => slug} empty={t('none')} />
            <Pager next={next} />
          </>
        )}
      </Loaded>
      {creating ? <Create onClose={() => { setCreating(false); }} onDone={changed} /> : null}
      {removing ? (
        <ConfirmDialog
          title={t('removeTitle', { name: removing.name })} label={t('remove')} danger reason="required" typed={removing.slug}
          run={(reason) => ask(api.POST('/tenants/{tenant}/delete', { params: { path: { tenant: removing.slug } }, body: { slug: removing.slug, reason } }))}
          onDone={async () => { close(); say(t('removed', { name: removing.name })); await changed(); }}
          onClose={close}
        >
          <p>{t('removeLead')}</p>
        </ConfirmDialog>
      ) : null}
    </>
  );
}
