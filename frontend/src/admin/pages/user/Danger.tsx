import { useState } from 'react';
import { api, ask, type Schemas } from '../../api';
import { useTenant } from '../../me';
import { Button } from '../../parts/Button';
import { Panel } from '../../parts/Panel';
import { useAction } from '../../useAction';
import { Ask } from './Ask';
import { useText } from './texts';

type Deed = 'block' | 'unblock' | 'revoke' | 'delete' | 'restore';

/** What keeps somebody out, or ends something for good. What nobody may do is not offered. */
export function Danger({ person }: { person: Schemas['Person'] }) {
  const { t } = useText();
  const action = useAction();
  const [asked, setAsked] = useState<Deed | null>(null);
  const tenant = useTenant();
  const path = { tenant, user: person.id };
  const close = () => { setAsked(null); };
  const offer = (deed: Deed, recent = false) => (
    <Button kind={deed === 'unblock' || deed === 'restore' ? 'quiet' : 'danger'} disabled={person.protected || (person.self && deed !== 'revoke')} onClick={() => { if (recent) action.begin(() => { setAsked(deed); }); else setAsked(deed); }}>
      {t(deed)}
    </Button>
  );
  const send: Readonly<Record<Deed, (reason: string) => Promise<unknown>>> = {
    block: (reason) => ask(api.POST('/tenants/{tenant}/users/{user}/block', { params: { path }, body: { reason } })),
    unblock: (reason) => ask(api.POST('/tenants/{tenant}/users/{user}/unblock', { params: { path }, body: { reason } })),
    revoke: (reason) => ask(api.POST('/tenants/{tenant}/users/{user}/revoke', { params: { path }, body: { reason } })),
    delete: (reason) => ask(api.POST('/tenants/{tenant}/users/{user}/delete', { params: { path }, body: { reason } })),
    restore: (reason) => ask(api.POST('/tenants/{tenant}/users/{user}/restore', { params: { path }, body: { reason } })),
  };
  const blocked = Boolean(person.blockedAt);
  const leaving = Boolean(person.deleteAfter);
  return (
    <>
      <Panel title={blocked ? t('unblock') : t('block')} lead={blocked ? t('unblockLead') : t('blockLead')} actions={blocked ? offer('unblock') : offer('block', true)} danger>{null}</Panel>
      <Panel title={t('revoke')} lead={t('revokeLead')} actions={offer('revoke', true)} danger>{null}</Panel>
      <Panel title={leaving ? t('restore') : t('delete')} lead={leaving ? t('restoreLead') : t('deleteLead')} actions={leaving ? offer('restore') : offer('delete', true)} danger>{null}</Panel>
      {asked ? (
        <Ask
          person={person} title={`${asked}Ask`} lead={`${asked}Lead`} label={asked} done={`${asked}Done`}
          danger={asked !== 'unblock' && asked !== 'restore'} reason={asked === 'restore' ? 'optional' : 'required'} typed={asked === 'delete'}
          run={send[asked]} onClose={close}
        />
      ) : null}
    </>
  );
}
