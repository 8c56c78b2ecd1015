import { useState } from 'react';
import { api, ask, type Schemas } from '../../api';
import { useMay, useTenant } from '../../me';
import { Button } from '../../parts/Button';
import { DefinitionList, Panel } from '../../parts/Panel';
import { Badge, Time } from '../../parts/small';
import { type Column, Table } from '../../parts/Table';
import { useAction } from '../../useAction';
import { Ask } from './Ask';
import { useText } from './texts';

type Passkey = Schemas['PersonPasskey'];
type Identity = Schemas['PersonIdentity'];

/** What somebody signs in with. */
export function Ways({ person }: { person: Schemas['Person'] }) {
  const { t } = useText();
  const tenant = useTenant();
  const mayChange = useMay('operator') && !person.self && !person.protected;
  const action = useAction();
  const [asked, setAsked] = useState<'reset' | 'recover' | null>(null);
  const { credentials } = person;
  const second = Boolean(credentials.appSince) || credentials.passkeys.length > 0 || credentials.recoveryCodesLeft > 0;
  const path = { tenant, user: person.id };
  const passkeys: readonly Column<Passkey>[] = [
    { id: 'label', head: t('passkey'), cell: ({ label, synced }) => <span className="actions"><bdi>{label || t('unnamed')}</bdi>{synced ? <Badge>{t('synced')}</Badge> : null}</span> },
    { id: 'used', head: t('lastUse'), cell: ({ usedAt }) => <Time at={usedAt} /> },
    { id: 'since', head: t('since'), cell: ({ createdAt }) => <Time at={createdAt} kind="day" /> },
  ];
  const identities: readonly Column<Identity>[] = [
    { id: 'provider', head: t('provider'), cell: ({ provider }) => <bdi>{provider}</bdi> },
    { id: 'email', head: t('email'), cell: ({ email }) => (email ? <bdi>{email}</bdi> : '–') },
    { id: 'used', head: t('lastUse'), cell: ({ usedAt }) => <Time at={usedAt} /> },
    { id: 'since', head: t('since'), cell: ({ createdAt }) => <Time at={createdAt} kind="day" /> },
  ];
  return (
    <>
      <Panel
        title={t('password')}
        actions={mayChange ? <Button onClick={() => { action.begin(() => { setAsked('recover'); }); }}>{t('recover')}</Button> : null}
      >
        <DefinitionList
          items={[
            { label: t('passwordSince'), value: <Time at={credentials.passwordSince} /> },
            ...(credentials.passwordRevokedAt ? [{ label: t('passwordRevoked'), value: <Time at={credentials.passwordRevokedAt} /> }] : []),
          ]}
        />
      </Panel>
      <Panel
        title={t('factors')}
        actions={mayChange && second ? <Button kind="danger" onClick={() => { action.begin(() => { setAsked('reset'); }); }}>{t('reset')}</Button> : null}
      >
        <DefinitionList
          items={[
            { label: t('app'), value: <Time at={credentials.appSince} /> },
            { label: t('appUsed'), value: <Time at={credentials.appUsedAt} /> },
            { label: t('codesLeft'), value: credentials.recoveryCodesLeft },
          ]}
        />
        <Table caption={t('passkeys')} columns={passkeys} rows={credentials.passkeys} keyOf={({ id }) => id} empty={t('noPasskeys')} />
      </Panel>
      <Panel title={t('identities')}>
        <Table caption={t('identities')} columns={identities} rows={credentials.identities} keyOf={({ provider, createdAt }) => provider + createdAt} empty={t('noIdentities')} />
      </Panel>
      {asked === 'reset' ? (
        <Ask
          person={person} title="resetAsk" lead="resetLead" label="reset" done="resetDone" danger
          run={(reason) => ask(api.POST('/tenants/{tenant}/users/{user}/factors/reset', { params: { path }, body: { reason } }))}
          onClose={() => { setAsked(null); }}
        />
      ) : null}
      {asked === 'recover' ? (
        <Ask
          person={person} title="recoverAsk" lead="recoverLead" label="recover" done="recoverDone" reason="optional"
          run={(reason) => ask(api.POST('/tenants/{tenant}/users/{id}/recovery', { params: { path: { tenant, id: person.id } }, body: { reason } }))}
          onClose={() => { setAsked(null); }}
        />
      ) : null}
    </>
  );
}
