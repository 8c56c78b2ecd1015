import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { api, ask, type Schemas } from '../../api';
import { useTenant } from '../../me';
import { Button } from '../../parts/Button';
import { ConfirmDialog } from '../../parts/Dialog';
import { Panel } from '../../parts/Panel';
import { say } from '../../toast';
import { useAction } from '../../useAction';
import { useText } from './texts';

/** What ends something for good. */
export function Danger({ app }: { app: Schemas['Application'] }) {
  const { t } = useText();
  const tenant = useTenant();
  const client = useQueryClient();
  const navigate = useNavigate();
  const action = useAction();
  const [asked, setAsked] = useState<'revoke' | 'delete' | null>(null);
  const path = { tenant, id: app.id };
  const { name } = app.settings;
  const close = () => { setAsked(null); };
  const offer = (what: 'revoke' | 'delete', disabled = false) => (
    <Button kind="danger" disabled={disabled} onClick={() => { action.begin(() => { setAsked(what); }); }}>{t(what)}</Button>
  );
  return (
    <>
      <Panel title={t('revoke')} lead={t('revokeLead')} actions={offer('revoke')} danger>{null}</Panel>
      <Panel title={t('delete')} lead={app.declaration ? t('deleteDeclared') : t('deleteLead')} actions={offer('delete', Boolean(app.declaration))} danger>{null}</Panel>
      {asked === 'revoke' ? (
        <ConfirmDialog
          title={t('revokeAsk', { name })}
          label={t('revoke')}
          danger
          reason="required"
          run={(reason) => ask(api.POST('/tenants/{tenant}/applications/{id}/tokens/revoke', { params: { path }, body: { reason } }))}
          onDone={() => {
            close();
            say(t('revokeDone'));
          }}
          onClose={close}
        >
          <p>{t('revokeLead')}</p>
        </ConfirmDialog>
      ) : null}
      {asked === 'delete' ? (
        <ConfirmDialog
          title={t('deleteAsk', { name })}
          label={t('delete')}
          danger
          reason="required"
          typed={app.id}
          run={(reason) => ask(api.POST('/tenants/{tenant}/applications/{id}/delete', { params: { path }, body: { reason } }))}
          onDone={async () => {
            say(t('deleteDone', { name }));
            await navigate({ to: '/t/$tenant/applications', params: { tenant } });
            client.removeQueries({ queryKey: ['t', tenant, 'applications', 'one', app.id] });
            await client.invalidateQueries({ queryKey: ['t', tenant, 'applications'] });
          }}
          onClose={close}
        >
          <p>{t('deleteLead')}</p>
        </ConfirmDialog>
      ) : null}
    </>
  );
}
