import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { api, ask, type Schemas } from '../../api';
import { useMay, useTenant } from '../../me';
import { Button } from '../../parts/Button';
import { ConfirmDialog } from '../../parts/Dialog';
import { Menu } from '../../parts/Menu';
import { PageHead } from '../../parts/PageHead';
import { Pager } from '../../parts/Pager';
import { Badge, Time } from '../../parts/small';
import { Empty, Loaded } from '../../parts/states';
import { type Column, Table } from '../../parts/Table';
import { filters, text, useFilters } from '../../search';
import { useSite } from '../../site';
import { say } from '../../toast';
import { useAction } from '../../useAction';
import { InviteDialog } from './InviteDialog';
import { useText } from './texts';

type Invitation = Schemas['Invitation'];

const search = filters({ cursor: text });

/** Who was invited and has not come yet. */
export function Page() {
  const { t } = useText();
  const { catalog } = useSite();
  const tenant = useTenant();
  const client = useQueryClient();
  const mayChange = useMay('operator');
  const action = useAction();
  const [{ cursor }] = useFilters(search);
  const [inviting, setInviting] = useState(false);
  const [again, setAgain] = useState<Invitation | null>(null);
  const [revoking, setRevoking] = useState<Invitation | null>(null);
  const query = useQuery({
    queryKey: ['t', tenant, 'invitations', cursor],
    queryFn: ({ signal }) => ask(api.GET('/tenants/{tenant}/invitations', { params: { path: { tenant }, query: { cursor } }, signal })),
    placeholderData: keepPreviousData,
  });
  const done = async (said: string) => {
    setInviting(false);
    setAgain(null);
    setRevoking(null);
    say(said);
    await Promise.all(['invitations', 'users'].map((list) => client.invalidateQueries({ queryKey: ['t', tenant, list] })));
  };
  const path = ({ id }: Invitation) => ({ tenant, id });
  const columns: readonly Column<Invitation>[] = [
    {
      id: 'who',
      head: t('who'),
      cell: ({ user, name, email }) => (
        <span>
          <Link to="/t/$tenant/users/$id" params={{ tenant, id: user }}><bdi>{name || email}</bdi></Link>
          {name ? <span className="hint"><bdi>{email}</bdi></span> : null}
        </span>
      ),
    },
    {
      id: 'roles',
      head: t('roles'),
      cell: ({ roles, administers }) => (
        <span className="actions">
          {roles.length ? <span dir="ltr">{roles.join(', ')}</span> : '–'}
          {administers ? <Badge>{catalog.roles[administers]}</Badge> : null}
        </span>
      ),
    },
    { id: 'sent', head: t('sent'), cell: ({ sentAt }) => <Time at={sentAt} /> },
    {
      id: 'until',
      head: t('until'),
      cell: ({ expiresAt }) => (Date.parse(expiresAt) > Date.now() ? <Time at={expiresAt} /> : <Badge tone="warn">{t('expired')}</Badge>),
    },
    ...(mayChange ? [{
      id: 'actions',
      head: t('actions', { name: '' }).trim(),
      quiet: true,
      cell: (row: Invitation) => (
        <Menu
          label={t('actions', { name: row.name || row.email })}
          items={[
            { label: t('resend'), onSelect: () => { setAgain(row); } },
            { label: t('revoke'), danger: true, onSelect: () => { action.begin(() => { setRevoking(row); }); } },
          ]}
        />
      ),
    }] : []),
  ];
  return (
    <>
      <PageHead
        title={t('title')} lead={t('lead')}
        actions={mayChange ? <Button kind="main" onClick={() => { setInviting(true); }}>{t('invite')}</Button> : null}
      />
      <Loaded query={query}>
        {({ items, next }) => (
          <>
            <Table caption={t('title')} columns={columns} rows={items} keyOf={({ id }) => id} empty={<Empty title={t('none')}>{t('noneLead')}</Empty>} />
            <Pager next={next} />
          </>
        )}
      </Loaded>
      {inviting ? <InviteDialog onDone={({ email }) => done(t('invited', { email }))} onClose={() => { setInviting(false); }} /> : null}
      {again ? (
        <ConfirmDialog
          title={t('resendAsk', { email: again.email })} label={t('resend')}
          run={(reason) => ask(api.POST('/tenants/{tenant}/invitations/{id}/resend', { params: { path: path(again) }, body: { reason } }))}
          onDone={() => done(t('resent', { email: again.email }))} onClose={() => { setAgain(null); }}
        >
          <p>{t('resendLead')}</p>
        </ConfirmDialog>
      ) : null}
      {revoking ? (
        <ConfirmDialog
          title={t('revokeAsk', { email: revoking.email })} label={t('revoke')} danger
          run={(reason) => ask(api.POST('/tenants/{tenant}/invitations/{id}/revoke', { params: { path: path(revoking) }, body: { reason } }))}
          onDone={() => done(t('revoked', { email: revoking.email }))} onClose={() => { setRevoking(null); }}
        >
          <p>{t('revokeLead')}</p>
        </ConfirmDialog>
      ) : null}
    </>
  );
}
