import { type UseQueryResult, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask, type Role, type Schemas } from '../../api';
import { useMay, useTenant } from '../../me';
import { Button } from '../../parts/Button';
import { ConfirmDialog, Dialog } from '../../parts/Dialog';
import { RadioGroup, TextArea, TextField } from '../../parts/fields';
import { Menu } from '../../parts/Menu';
import { Pager } from '../../parts/Pager';
import { Badge, Time } from '../../parts/small';
import { Loaded } from '../../parts/states';
import { type Column, Table } from '../../parts/Table';
import { useSite } from '../../site';
import { say } from '../../toast';
import { useAction } from '../../useAction';
import { useText } from './texts';

type Administrator = Schemas['Administrator'];
export type Administrators = Schemas['AdministratorList'];

const nameOf = ({ user }: Administrator) => user.name || user.email;
const entry = (data: FormData, name: string) => {
  const value = data.get(name);
  return typeof value === 'string' ? value.trim() : '';
};

/** Gives a role or takes it away: for the page's tenant, or from the pages of the installation for any. */
function useChange() {
  const tenant = useTenant();
  const client = useQueryClient();
  const done = async () => {
    await Promise.all([['t', tenant, 'administrators'], ['system', 'administrators'], ['me']].map((queryKey) => client.invalidateQueries({ queryKey })));
  };
  const give = (account: string, role: Role, reason: string, { home = '', of = '' }) => (tenant
    ? ask(api.PUT('/tenants/{tenant}/administrators', { params: { path: { tenant } }, body: { account, role, reason } }))
    : ask(api.PUT('/administrators', { body: { account, role, reason, ...(home && { home }), ...(of && { tenant: of }) } })));
  const take = ({ user, tenant: of }: Administrator, reason: string) => (tenant
    ? ask(api.POST('/tenants/{tenant}/administrators/remove', { params: { path: { tenant } }, body: { user: user.id, reason } }))
    : ask(api.POST('/administrators/remove', { body: { user: user.id, reason, ...(of && { tenant: of }) } })));
  return { give, take, done };
}

function Roles({ value }: { value: Role }) {
  const { catalog } = useSite();
  const { t, texts } = useText();
  const options = (['viewer', 'operator', 'owner'] as const).map((role) => ({ value: role, label: catalog.roles[role], hint: texts.hints[role] }));
  return <RadioGroup name="role" label={t('role')} options={options} defaultValue={value} />;
}

/** A role for somebody new, or another one for somebody who has one. */
function Grant({ of, onClose }: { of: Administrator | null; onClose: () => void }) {
  const { t } = useText();
  const { t: common } = useSite();
  const tenant = useTenant();
  const action = useAction();
  const { give, done } = useChange();
  const send = (data: FormData) => {
    const where = of ? { of: of.tenant ?? '' } : { home: entry(data, 'home'), of: entry(data, 'tenant') };
    const account = of ? of.user.id : entry(data, 'account');
    action.run(() => give(account, entry(data, 'role') as Role, entry(data, 'reason'), where), async (given) => {
      onClose();
      say(t('given', { name: nameOf(given) }));
      await done();
    });
  };
  return (
    <Dialog
      title={of ? t('changeTitle', { name: nameOf(of) }) : t('addTitle')} action={action} label={t('save')} fields={['account', 'home', 'tenant', 'role', 'reason']}
      onSend={send} onClose={onClose}
    >
      {of ? null : <TextField name="account" label={t('account')} hint={tenant ? t('accountHere') : undefined} required maxLength={254} code />}
      {of || tenant ? null : <TextField name="home" label={t('home')} placeholder="default" maxLength={63} code />}
      {of || tenant ? null : <TextField name="tenant" label={t('reach')} placeholder={t('everything')} maxLength={63} code />}
      <Roles value={of?.role ?? 'viewer'} />
      <TextArea name="reason" label={common('reason')} hint={common('reasonHint')} rows={2} maxLength={500} />
    </Dialog>
  );
}

/** The button that gives a role. */
export function GiveRole() {
  const { t } = useText();
  const action = useAction();
  const [open, setOpen] = useState(false);
  if (!useMay('owner')) return null;
  return (
    <>
      <Button kind="main" onClick={() => { action.begin(() => { setOpen(true); }); }}>{t('add')}</Button>
      {open ? <Grant of={null} onClose={() => { setOpen(false); }} /> : null}
    </>
  );
}

export function AdministratorTable({ query }: { query: UseQueryResult<Administrators> }) {
  const { t } = useText();
  const { catalog } = useSite();
  const tenant = useTenant();
  const mayChange = useMay('owner');
  const action = useAction();
  const { take, done } = useChange();
  const [changing, setChanging] = useState<Administrator | null>(null);
  const [removing, setRemoving] = useState<Administrator | null>(null);
  const columns: readonly Column<Administrator>[] = [
    {
      id: 'who',
      head: t('who'),
      cell: (row) => (
        <span>
          <bdi>{nameOf(row)}</bdi> {row.user.active ? null : <Badge tone="warn">{t('inactive')}</Badge>}
          {row.user.name ? <span className="hint"><bdi>{row.user.email}</bdi></span> : null}
        </span>
      ),
    },
    ...(tenant ? [] : [{ id: 'reach', head: t('reach'), cell: ({ tenant: of }: Administrator) => (of ? <code dir="ltr">{of}</code> : t('everything')) }]),
    { id: 'role', head: t('role'), cell: ({ role }) => catalog.roles[role] },
    { id: 'factor', head: t('factor'), cell: ({ secondFactor }) => <Badge tone={secondFactor ? 'good' : 'warn'}>{secondFactor ? t('hasFactor') : t('noFactor')}</Badge> },
    { id: 'seen', head: t('seen'), cell: ({ lastSeenAt }) => <Time at={lastSeenAt} /> },
    { id: 'granted', head: t('granted'), cell: ({ grantedAt }) => <Time at={grantedAt} kind="day" /> },
    ...(mayChange ? [{
      id: 'actions',
      head: t('actions', { name: '' }).trim(),
      quiet: true,
      cell: (row: Administrator) => (
        <Menu
          label={t('actions', { name: nameOf(row) })}
          items={[
            { label: t('change'), onSelect: () => { action.begin(() => { setChanging(row); }); } },
            { label: t('remove'), danger: true, onSelect: () => { action.begin(() => { setRemoving(row); }); } },
          ]}
        />
      ),
    }] : []),
  ];
  const close = () => { setRemoving(null); };
  return (
    <>
      <Loaded query={query}>
        {({ items, next }) => (
          <>
            <Table caption={t('title')} columns={columns} rows={items} keyOf={({ user, tenant: of }) => `${user.id} ${of ?? ''}`} empty={t('none')} />
            <Pager next={next} />
          </>
        )}
      </Loaded>
      {changing ? <Grant of={changing} onClose={() => { setChanging(null); }} /> : null}
      {removing ? (
        <ConfirmDialog
          title={t('removeTitle', { name: nameOf(removing) })} label={t('remove')} danger reason="required"
          run={(reason) => take(removing, reason)}
          onDone={async () => { close(); say(t('removed', { name: nameOf(removing) })); await done(); }}
          onClose={close}
        >
          <p>{t('removeLead')}</p>
        </ConfirmDialog>
      ) : null}
    </>
  );
}
