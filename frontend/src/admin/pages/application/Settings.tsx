import { useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { api, ask, type Schemas } from '../../api';
import { useMay, useTenant } from '../../me';
import { Button } from '../../parts/Button';
import { Diff } from '../../parts/Diff';
import { TextField } from '../../parts/fields';
import { Form } from '../../parts/Form';
import { asProblem } from '../../problem';
import { say } from '../../toast';
import { useAction, useKept } from '../../useAction';
import { atField, useCheck } from './check';
import { changesOf, type Draft, draftOf, settingsOf } from './draft';
import { Addresses, Claims, Look, Logout, Proof, Tokens } from './sections';
import { useText } from './texts';

type Application = Schemas['Application'];

const kept = 'application-settings';
const fields = [
  'name', 'redirectUris', 'postLogoutRedirectUris', 'corsOrigins', 'frontchannelLogoutUri', 'backchannelLogoutUri', 'scopes', 'audience', 'contacts',
  'grantTypes', 'authMethod', 'jwks', 'jwksUri', 'uri', 'logoUri', 'policyUri', 'termsUri', 'firstParty', 'skipLogoutConsent', 'allTenants',
] as const;

const quietly = (draft: Draft, base: Application) => {
  try {
    return settingsOf(draft, base.settings);
  } catch {
    return null;
  }
};

/** Who may change an application that can do so much. */
export function useMayChange(app: Application): boolean {
  const operator = useMay('operator');
  const owner = useMay('owner');
  if (app.builtIn) return false;
  return app.reach === 'ordinary' ? operator : owner;
}

/** All settings, in one form over what it was opened with. What others changed meanwhile is taken over, except where one has typed oneself. */
export function Settings({ app }: { app: Application }) {
  const { t, texts } = useText();
  const tenant = useTenant();
  const client = useQueryClient();
  const action = useAction(kept);
  const mayChange = useMayChange(app);
  const [before] = useKept<{ id: string; base: Application | null; draft: Draft | null }>(kept, { id: '', base: null, draft: null });
  const mine = before.id === app.id ? before : null;
  const [base, setBase] = useState<Application>(mine?.base ?? app);
  const [draft, setDraft] = useState<Draft>(mine?.draft ?? draftOf(app.settings));
  const [theirs, setTheirs] = useState<{ before: Draft; after: Draft } | null>(null);
  const set = (change: Partial<Draft>) => { setDraft((now) => ({ ...now, ...change })); };
  const changed = changesOf(draftOf(base.settings), draft);
  const any = Object.keys(changed).length > 0;
  const typed = useMemo(() => {
    const settings = quietly(draft, base);
    return any && mayChange && settings ? { kind: base.kind, of: base.id, settings } : null;
  }, [any, mayChange, draft, base]);
  const findings = useCheck(typed);

  const open = (fresh: Application) => {
    setBase(fresh);
    setDraft(draftOf(fresh.settings));
    setTheirs(null);
  };
  const path = { tenant, id: app.id };
  const conflict = async () => {
    const fresh = await ask(api.GET('/tenants/{tenant}/applications/{id}', { params: { path } }));
    client.setQueryData(['t', tenant, 'applications', 'one', app.id], fresh);
    setTheirs({ before: draftOf(base.settings), after: draftOf(fresh.settings) });
    setBase(fresh);
    setDraft({ ...draftOf(fresh.settings), ...changed });
  };
  const send = (data: FormData) => {
    const reason = data.get('reason');
    const work = async () => {
      try {
        const settings = settingsOf(draft, base.settings);
        return await ask(api.PUT('/tenants/{tenant}/applications/{id}', {
          params: { path }, body: { version: base.version, settings, ...(typeof reason === 'string' && reason && { reason }) },
        }));
      } catch (error) {
        if (asProblem(error).code === 'conflict') await conflict();
        throw atField(error);
      }
    };
    action.run(work, async (saved) => {
      open(saved);
      say(t('saved'));
      client.setQueryData(['t', tenant, 'applications', 'one', app.id], saved);
      await client.invalidateQueries({ queryKey: ['t', tenant, 'applications'] });
    }, { id: app.id, base, draft });
  };
  const section = { draft, set, findings, kind: base.kind, readOnly: !mayChange };
  return (
    <Form action={action} fields={fields} onSend={send} className="stack">
      {theirs ? <div className="stack"><p>{t('theirs')}</p><Diff before={theirs.before} after={theirs.after} names={texts.fields} /></div> : null}
      <Look {...section} />
      {base.kind === 'machine' ? null : <Addresses {...section} />}
      <Tokens {...section} />
      <Claims {...section} />
      <Proof {...section} />
      {base.kind === 'machine' ? null : <Logout {...section} />}
      {mayChange ? (
        <div className="actions">
          <TextField name="reason" label={t('reason')} maxLength={500} />
          <Button type="submit" kind="main" busy={action.busy} disabled={!any}>{t('save')}</Button>
          {any ? <Button onClick={() => { open(app); action.refuse(null); }}>{t('undo')}</Button> : null}
        </div>
      ) : null}
    </Form>
  );
}
