import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { api, ask, type Schemas } from '../../api';
import { useTenant } from '../../me';
import { Button } from '../../parts/Button';
import { RadioGroup, TextField } from '../../parts/fields';
import { Form } from '../../parts/Form';
import { PageHead } from '../../parts/PageHead';
import { Panel } from '../../parts/Panel';
import { Secret } from '../../parts/small';
import { useAction, useKept } from '../../useAction';
import { atField, Findings, useCheck } from '../application/check';
import { Endpoints, Sample } from '../application/Connect';
import { type Draft, draftOf, settingsOf } from '../application/draft';
import { Addresses, Lines, Tokens } from '../application/sections';
import { snippetOf } from '../application/snippet';
import { useText as useApplicationText } from '../application/texts';
import { useText } from './texts';

type Kind = Schemas['ApplicationKind'];
type Made = Schemas['ApplicationCreated'];

const kinds = ['web', 'spa', 'native', 'machine'] as const;
const people = ['openid', 'offline_access', 'profile', 'email'];
const fields = ['id', 'name', 'redirectUris', 'postLogoutRedirectUris', 'corsOrigins', 'scopes', 'audience', 'grantTypes', 'firstParty', 'allTenants'] as const;

/** What was typed outlives a sign-in, which the API may ask for. */
const kept = 'application-new';

/** Only what was typed: the kind fills in the rest. */
function bodyOf(kind: Kind, id: string, draft: Draft): Schemas['ApplicationDraft'] {
  const all = settingsOf(draft, { name: '' });
  const { name, redirectUris, postLogoutRedirectUris, corsOrigins, scopes, audience, firstParty, skipLogoutConsent, allTenants, lifespans, grantTypes } = all;
  const shared = { name, scopes, audience, lifespans, grantTypes };
  const settings = kind === 'machine'
    ? { ...shared, allTenants }
    : { ...shared, redirectUris, postLogoutRedirectUris, corsOrigins, firstParty, skipLogoutConsent };
  return { kind, settings, ...(id && { id }) };
}

/** From the kind to what a developer copies, in three steps. */
export function Page() {
  const { t } = useText();
  const tenant = useTenant();
  const client = useQueryClient();
  const action = useAction(kept);
  const [before] = useKept<{ step: 1 | 2; kind: Kind; id: string; draft: Draft | null }>(kept, { step: 1, kind: 'web', id: '', draft: null });
  const [step, setStep] = useState(before.step);
  const [kind, setKind] = useState(before.kind);
  const [id, setID] = useState(before.id);
  const [draft, setDraft] = useState<Draft>(() => before.draft ?? draftOf({ name: '', scopes: people }));
  const [made, setMade] = useState<Made | null>(null);
  const set = (change: Partial<Draft>) => { setDraft((now) => ({ ...now, ...change })); };
  const typed = useMemo(() => (draft.name || id ? bodyOf(kind, id, draft) : null), [kind, id, draft]);
  const findings = useCheck(made ? null : typed);
  const choose = (next: Kind) => {
    setKind(next);
    set({ scopes: next === 'machine' ? '' : people.join('\n'), redirectUris: next === 'machine' ? '' : draft.redirectUris });
  };
  const create = () => {
    const work = async () => {
      try {
        return await ask(api.POST('/tenants/{tenant}/applications', { params: { path: { tenant } }, body: bodyOf(kind, id, draft) }));
      } catch (error) {
        throw atField(error);
      }
    };
    action.run(work, async (answer) => {
      setMade(answer);
      await client.invalidateQueries({ queryKey: ['t', tenant, 'applications'] });
    }, { step, kind, id, draft });
  };
  const up = <Link to="/t/$tenant/applications" params={{ tenant }}>{t('up')}</Link>;
  if (made) return <Done made={made} />;
  return (
    <>
      <PageHead title={t('title')} lead={t('step', { step, of: 2 })} up={up} />
      {step === 1 ? (
        <Form key="first" action={action} fields={fields} onSend={() => { action.refuse(null); setStep(2); }} className="stack">
          <First kind={kind} onKind={choose} name={draft.name} onName={(name) => { set({ name }); }} id={id} onID={setID} findings={findings} />
          <div className="actions"><Button type="submit" kind="main">{t('next')}</Button></div>
        </Form>
      ) : (
        <Form key="second" action={action} fields={fields} onSend={create} className="stack">
          <Second kind={kind} draft={draft} set={set} findings={findings} />
          {findings.some(({ field }) => field === 'id' || field === 'name') ? <Findings findings={findings} field="id" /> : null}
          <div className="actions">
            <Button onClick={() => { action.refuse(null); setStep(1); }}>{t('back')}</Button>
            <Button type="submit" kind="main" busy={action.busy}>{t('create')}</Button>
          </div>
        </Form>
      )}
    </>
  );
}

interface FirstProps {
  kind: Kind;
  onKind: (kind: Kind) => void;
  name: string;
  onName: (name: string) => void;
  id: string;
  onID: (id: string) => void;
  findings: readonly Schemas['ApplicationFinding'][];
}

function First({ kind, onKind, name, onName, id, onID, findings }: FirstProps) {
  const { t, texts } = useText();
  const { texts: shared } = useApplicationText();
  return (
    <Panel title={t('first')} lead={t('firstLead')}>
      <RadioGroup name="kind" label={t('kind')} value={kind} onChange={onKind} options={kinds.map((value) => ({ value, label: shared.kinds[value], hint: texts.kindHints[value] }))} />
      <TextField name="name" label={shared.fields.name} hint={t('nameHint')} required maxLength={200} value={name} onChange={({ target }) => { onName(target.value); }} />
      <TextField
        name="id" label={t('id')} hint={<><span>{t('idHint')}</span><Findings findings={findings} field="id" /></>}
        code maxLength={100} value={id} onChange={({ target }) => { onID(target.value.trim()); }}
      />
    </Panel>
  );
}

function Second({ kind, draft, set, findings }: { kind: Kind; draft: Draft; set: (change: Partial<Draft>) => void; findings: readonly Schemas['ApplicationFinding'][] }) {
  const { t } = useText();
  const { t: a } = useApplicationText();
  const section = { kind, draft, set, findings, fresh: true };
  if (kind === 'machine') return <Tokens {...section} />;
  return (
    <>
      <Addresses {...section} />
      <Panel title={t('scopes')}><Lines {...section} name="scopes" hint={a('scopesHint')} /></Panel>
    </>
  );
}

/** What to take along. */
function Done({ made }: { made: Made }) {
  const { t } = useText();
  const { t: a } = useApplicationText();
  const tenant = useTenant();
  const [kept, setKept] = useState(!made.secret);
  const { id, kind, settings } = made.application;
  return (
    <>
      <PageHead title={t('done', { name: settings.name })} lead={t('doneLead')} />
      {kept || !made.secret ? null : <Secret label={a('secret')} text={made.secret} onKept={() => { setKept(true); }} />}
      <Panel title={a('connect')}>
        <Endpoints id={id} />
        <Sample label={a('snippet')} text={snippetOf(kind, id, settings, window.location.origin)} />
      </Panel>
      {kept ? <div className="actions"><Link className="button main" to="/t/$tenant/applications/$id" params={{ tenant, id }}>{t('open')}</Link></div> : null}
    </>
  );
}
