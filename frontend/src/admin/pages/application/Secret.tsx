import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask, type Schemas } from '../../api';
import { useTenant } from '../../me';
import { Button } from '../../parts/Button';
import { ConfirmDialog, DialogBox } from '../../parts/Dialog';
import { Select } from '../../parts/fields';
import { DefinitionList, Panel } from '../../parts/Panel';
import { Secret as Shown, Time } from '../../parts/small';
import { say } from '../../toast';
import { useAction } from '../../useAction';
import { useMayChange } from './Settings';
import { useText } from './texts';

const overlaps = ['0', '3600', '86400', '604800', '2592000'] as const;

/** The secret: since when, another one, and the end of the one before it. */
export function Secret({ app }: { app: Schemas['Application'] }) {
  const { t, texts } = useText();
  const tenant = useTenant();
  const client = useQueryClient();
  const mayChange = useMayChange(app);
  const action = useAction();
  const [asked, setAsked] = useState<'rotate' | 'end' | null>(null);
  const [shown, setShown] = useState<Schemas['ApplicationSecret'] | null>(null);
  const { known, changedAt, overlapUntil } = app.secret;
  const close = () => { setAsked(null); };
  const again = () => client.invalidateQueries({ queryKey: ['t', tenant, 'applications'] });
  const path = { tenant, id: app.id };
  const begin = (what: 'rotate' | 'end') => { action.begin(() => { setAsked(what); }); };
  const fixed = app.declaration?.hasSecret ?? false;
  return (
    <>
      <Panel title={t('secret')} lead={fixed ? t('secretDeclared') : t('secretLead')} actions={mayChange && !fixed ? <Button onClick={() => { begin('rotate'); }}>{t('rotate')}</Button> : null}>
        <DefinitionList items={[
          { label: t('secretSince'), value: known ? <Time at={changedAt} /> : t('secretForeign') },
          { label: t('overlap'), value: overlapUntil ? <Time at={overlapUntil} /> : t('overlapNone') },
        ]} />
        {overlapUntil && mayChange ? <div className="actions"><Button onClick={() => { begin('end'); }}>{t('endOverlap')}</Button></div> : null}
      </Panel>
      {asked === 'rotate' ? (
        <ConfirmDialog
          title={t('rotateAsk', { name: app.settings.name })}
          label={t('rotate')}
          reason="required"
          run={(reason, data) => ask(api.POST('/tenants/{tenant}/applications/{id}/secret/rotate', {
            params: { path }, body: { reason, overlapSeconds: Number(data.get('overlapSeconds') ?? 0) },
          }))}
          onDone={async (made) => {
            close();
            setShown(made);
            await again();
          }}
          onClose={close}
        >
          <p>{t('rotateLead')}</p>
          {known ? (
            <Select name="overlapSeconds" label={t('overlapFor')} options={overlaps.map((value) => ({ value, label: texts.overlaps[value] }))} defaultValue="86400" />
          ) : <p>{t('rotateForeign')}</p>}
        </ConfirmDialog>
      ) : null}
      {asked === 'end' ? (
        <ConfirmDialog
          title={t('endOverlapAsk', { name: app.settings.name })}
          label={t('endOverlap')}
          danger
          reason="required"
          run={(reason) => ask(api.POST('/tenants/{tenant}/applications/{id}/secret/end-overlap', { params: { path }, body: { reason } }))}
          onDone={async () => {
            close();
            say(t('endOverlapDone'));
            await again();
          }}
          onClose={close}
        >
          <p>{t('endOverlapLead')}</p>
        </ConfirmDialog>
      ) : null}
      {shown ? (
        // It does not close by a key or a click beside it: the secret would be gone.
        <DialogBox title={t('secretNew')} busy onClose={() => undefined}>
          <Shown label={t('secret')} text={shown.secret} onKept={() => { setShown(null); }} />
          <p>{shown.overlapUntil ? <>{t('secretBoth')} <Time at={shown.overlapUntil} /></> : t('secretOnly')}</p>
        </DialogBox>
      ) : null}
    </>
  );
}
