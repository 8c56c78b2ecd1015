import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask, type Schemas } from '../../api';
import { useMay, useTenant } from '../../me';
import { Button } from '../../parts/Button';
import { ConfirmDialog, Dialog } from '../../parts/Dialog';
import { TextField } from '../../parts/fields';
import { Menu, type MenuItem } from '../../parts/Menu';
import { Panel } from '../../parts/Panel';
import { Loaded } from '../../parts/states';
import { type Column, Table } from '../../parts/Table';
import { say } from '../../toast';
import { useAction } from '../../useAction';
import { useText } from './texts';

type Role = Schemas['TenantRole'];

function Edit({ of, onClose }: { of: Role | null; onClose: () => void }) {
  const { t } = useText();
  const tenant = useTenant();
  const client = useQueryClient();
  const action = useAction();
  const send = (data: FormData) => {
    const entry = (name: string) => {
      const value = data.get(name);
      return typeof value === 'string' ? value.trim() : '';
    };
    const name = of?.name ?? entry('name');
    const work = () => ask(api.PUT('/tenants/{tenant}/roles/{name}', { params: { path: { tenant, name } }, body: { description: entry('description') } }));
    action.run(work, async () => {
      onClose();
      say(t('saved', { name }));
      await client.invalidateQueries({ queryKey: ['t', tenant, 'roles'] });
    });
  };
  return (
    <Dialog title={of ? t('changeTitle', { name: of.name }) : t('add')} action={action} label={t('save')} fields={['name', 'description']} onSend={send} onClose={onClose}>
      {of ? null : <TextField name="name" label={t('name')} hint={t('nameHint')} required maxLength={63} pattern="[a-z][a-z0-9_.:\-]{0,62}" code />}
      <TextField name="description" label={t('description')} maxLength={200} defaultValue={of?.description ?? ''} />
    </Dialog>
  );
}

/** The roles that applications are told of. */
export function Roles() {
  const { t } = useText();
  const tenant = useTenant();
  const client = useQueryClient();
  const mayChange = useMay('operator');
  const mayRemove = useMay('owner');
  const action = useAction();
  const [editing, setEditing] = useState<Role | null | undefined>(undefined);
  const [removing, setRemoving] = useState<Role | null>(null);
  const query = useQuery({
    queryKey: ['t', tenant, 'roles'],
    queryFn: ({ signal }) => ask(api.GET('/tenants/{tenant}/roles', { params: { path: { tenant } }, signal })),
  });
  // Each call takes it away from some thousand accounts.
  const remove = async (name: string, reason: string) => {
    for (let done = false; !done;) {
      ({ done } = await ask(api.POST('/tenants/{tenant}/roles/{name}/remove', { params: { path: { tenant, name } }, body: { reason } })));
    }
  };
  const items = (row: Role): (MenuItem | false)[] => [
    { label: t('change'), onSelect: () => { setEditing(row); } },
    mayRemove && { label: t('remove'), danger: true, onSelect: () => { action.begin(() => { setRemoving(row); }); } },
  ];
  const columns: readonly Column<Role>[] = [
    { id: 'name', head: t('name'), cell: ({ name }) => <code dir="ltr">{name}</code> },
    { id: 'description', head: t('description'), cell: ({ description }) => <bdi>{description || '–'}</bdi> },
    { id: 'accounts', head: t('accounts'), end: true, cell: ({ accounts, accountsMore }) => (accountsMore ? t('more', { count: accounts }) : String(accounts)) },
    ...(mayChange ? [{
      id: 'actions',
      head: t('actions', { name: '' }).trim(),
      quiet: true,
      cell: (row: Role) => <Menu label={t('actions', { name: row.name })} items={items(row)} />,
    }] : []),
  ];
  const close = () => { setRemoving(null); };
  return (
    <Panel title={t('roles')} lead={t('rolesLead')} actions={mayChange ? <Button onClick={() => { setEditing(null); }}>{t('add')}</Button> : null}>
      <Loaded query={query}>{(all) => <Table caption={t('roles')} columns={columns} rows={all.items} keyOf={({ name }) => name} empty={t('none')} />}</Loaded>
      {editing === undefined ? null : <Edit of={editing} onClose={() => { setEditing(undefined); }} />}
      {removing ? (
        <ConfirmDialog
          title={t('removeTitle', { name: removing.name })} label={t('remove')} danger reason="required" typed={removing.name}
          run={(reason) => remove(removing.name, reason)}
          onDone={async () => { close(); say(t('removed', { name: removing.name })); await client.invalidateQueries({ queryKey: ['t', tenant] }); }}
          onClose={close}
        >
          <p>{t('removeLead')}</p>
        </ConfirmDialog>
      ) : null}
    </Panel>
  );
}
