import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { api, ask, type Schemas } from '../../api';
import { Icon } from '../../icons';
import { useMay, useTenant } from '../../me';
import { Button } from '../../parts/Button';
import { Diff } from '../../parts/Diff';
import { ConfirmDialog } from '../../parts/Dialog';
import { Panel } from '../../parts/Panel';
import { say } from '../../toast';
import { useText } from './texts';

type Application = Schemas['Application'];
type Difference = Schemas['ApplicationDifference'];

const side = (drift: readonly Difference[], of: 'declared' | 'actual') => Object.fromEntries(drift.map((each) => [each.field, each[of]]));

/** That a file declares the application, and how it differs. */
export function Drift({ app }: { app: Application }) {
  const { t, texts } = useText();
  if (!app.declaration) return null;
  const { drift } = app.declaration;
  if (!drift.length) return <div className="notice"><Icon name="lock" /><p>{t('declaredLead')}</p></div>;
  return (
    <Panel title={t('drift')} lead={t('driftLead')} danger actions={<Restore id={app.id} name={app.settings.name} />}>
      <Diff before={side(drift, 'declared')} after={side(drift, 'actual')} names={texts.fields} />
      <p className="hint">{t('driftSides')}</p>
    </Panel>
  );
}

function Restore({ id, name }: { id: string; name: string }) {
  const { t } = useText();
  const tenant = useTenant();
  const mayChange = useMay('operator');
  const client = useQueryClient();
  const [asked, setAsked] = useState(false);
  const close = () => { setAsked(false); };
  if (!mayChange) return null;
  return (
    <>
      <Button onClick={() => { setAsked(true); }}>{t('restore')}</Button>
      {asked ? (
        <ConfirmDialog
          title={t('restoreAsk', { name })}
          label={t('restore')}
          run={(reason) => ask(api.POST('/tenants/{tenant}/applications/{id}/restore', { params: { path: { tenant, id } }, body: { reason } }))}
          onDone={async (fresh) => {
            close();
            say(t('restored'));
            client.setQueryData(['t', tenant, 'applications', 'one', id], fresh);
            await client.invalidateQueries({ queryKey: ['t', tenant] });
          }}
          onClose={close}
        >
          <p>{t('restoreLead')}</p>
        </ConfirmDialog>
      ) : null}
    </>
  );
}

/** In the place of an application that a file declares and Hydra does not have. */
export function GoneDeclared({ id, none }: { id: string; none: ReactNode }) {
  const { t } = useText();
  const tenant = useTenant();
  const { data } = useQuery({
    queryKey: ['t', tenant, 'drift'],
    queryFn: ({ signal }) => ask(api.GET('/tenants/{tenant}/applications/drift', { params: { path: { tenant } }, signal })),
  });
  const gone = data?.items.find((each) => each.id === id);
  if (!gone) return none;
  return <Panel title={gone.name || id} lead={t('goneLead')} danger actions={<Restore id={id} name={gone.name || id} />}>{null}</Panel>;
}
