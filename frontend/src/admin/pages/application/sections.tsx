import { textOf } from '../../catalog';
import { useMay } from '../../me';
import { Checkbox, NumberField, Select, Switch, TextArea, TextField } from '../../parts/fields';
import { Panel } from '../../parts/Panel';
import { type Finding, Findings } from './check';
import { type Draft, linesOf as lines, links, lives } from './draft';
import { useText } from './texts';

export interface SectionProps {
  draft: Draft;
  set: (change: Partial<Draft>) => void;
  findings: readonly Finding[];
  kind: 'web' | 'spa' | 'native' | 'machine';
  readOnly?: boolean;
  /** Nothing has been typed yet. */
  fresh?: boolean;
}

type ListName = 'redirectUris' | 'postLogoutRedirectUris' | 'corsOrigins' | 'scopes' | 'audience' | 'contacts' | 'grantTypes';
type OneName = 'name' | 'frontchannelLogoutUri' | 'backchannelLogoutUri' | 'jwksUri' | (typeof links)[number];

/** A list, one entry a line. */
export function Lines({ name, draft, set, findings, readOnly, fresh, hint, required = false }: SectionProps & { name: ListName; hint?: string; required?: boolean }) {
  const { texts } = useText();
  return (
    <TextArea
      name={name}
      label={texts.fields[name]}
      hint={<>{hint ? <span>{hint}</span> : null}<Findings findings={findings} field={name} lines={lines(draft[name])} fresh={fresh && !draft[name]} /></>}
      code
      rows={Math.min(8, Math.max(2, lines(draft[name]).length + 1))}
      required={required}
      readOnly={readOnly}
      value={draft[name]}
      onChange={({ target }) => { set({ [name]: target.value }); }}
    />
  );
}

function One({ name, draft, set, findings, readOnly, hint, code = true, required = false }: SectionProps & { name: OneName; hint?: string; code?: boolean; required?: boolean }) {
  const { texts } = useText();
  return (
    <TextField
      name={name}
      label={texts.fields[name]}
      hint={<>{hint ? <span>{hint}</span> : null}<Findings findings={findings} field={name} /></>}
      code={code}
      required={required}
      readOnly={readOnly}
      maxLength={2048}
      value={draft[name]}
      onChange={({ target }) => { set({ [name]: target.value }); }}
    />
  );
}

type FlagName = 'firstParty' | 'skipLogoutConsent' | 'allTenants' | 'frontchannelLogoutSession' | 'backchannelLogoutSession';

function Flag({ name, draft, set, findings, readOnly, hint, owner = false }: SectionProps & { name: FlagName; hint?: string; owner?: boolean }) {
  const { texts } = useText();
  const mayGive = useMay('owner');
  return (
    <Switch
      name={name}
      hint={<>{hint ? <span>{hint}</span> : null}<Findings findings={findings} field={name} /></>}
      disabled={readOnly || (owner && !mayGive)}
      checked={draft[name]}
      onChange={(on) => { set({ [name]: on }); }}
    >
      {texts.fields[name]}
    </Switch>
  );
}

/** Its name, and what people see of it. */
export function Look(props: SectionProps) {
  const { t } = useText();
  return (
    <Panel title={t('look')} lead={t('lookLead')}>
      <One {...props} name="name" code={false} required />
      {links.map((name) => <One key={name} {...props} name={name} />)}
      <Lines {...props} name="contacts" hint={t('perLine')} />
    </Panel>
  );
}

/** Where people come back to. */
export function Addresses(props: SectionProps) {
  const { t } = useText();
  return (
    <Panel title={t('addresses')} lead={t('addressesLead')}>
      <Lines {...props} name="redirectUris" hint={props.kind === 'native' ? t('redirectNative') : t('redirectHint')} required />
      <Lines {...props} name="postLogoutRedirectUris" hint={t('perLine')} />
      {props.kind === 'native' ? null : <Lines {...props} name="corsOrigins" hint={t('corsHint')} />}
      <Flag {...props} name="firstParty" hint={t('firstPartyHint')} owner />
      <Flag {...props} name="skipLogoutConsent" hint={t('skipLogoutHint')} />
    </Panel>
  );
}

/** What it may ask for, and how long that lives. */
export function Tokens(props: SectionProps) {
  const { t, texts } = useText();
  const { draft, set, findings, kind, readOnly } = props;
  const shown = lives.filter((life) => (kind === 'machine' ? life === 'machineAccess' || life === 'assertionAccess' : true));
  return (
    <Panel title={t('tokens')} lead={t('tokensLead')}>
      <Lines {...props} name="scopes" hint={t('scopesHint')} />
      <Lines {...props} name="audience" hint={t('audienceHint')} />
      <Lines {...props} name="grantTypes" hint={t('perLine')} />
      {kind === 'machine' ? <Flag {...props} name="allTenants" hint={t('allTenantsHint')} owner /> : null}
      <fieldset className="group">
        <legend>{t('lifespans')}</legend>
        <p className="hint">{t('lifespansHint')}</p>
        <div className="columns">
          {shown.map((life) => (
            <div key={life}>
              <NumberField
                name={`lifespans.${life}`}
                label={texts.lives[life]}
                unit={t('seconds')}
                min={0}
                readOnly={readOnly}
                value={draft.lifespans[life]}
                onChange={({ target }) => { set({ lifespans: { ...draft.lifespans, [life]: target.value } }); }}
              />
              <Findings findings={findings} field={`lifespans.${life}`} />
            </div>
          ))}
        </div>
      </fieldset>
    </Panel>
  );
}

const claimNames = ['email', 'email_verified', 'name', 'locale', 'updated_at'] as const;
const protocol = new Set(['openid', 'offline_access', 'offline']);

/** What each scope tells the application. */
export function Claims({ draft, set, findings, readOnly }: SectionProps) {
  const { t } = useText();
  const scopes = [...new Set([...lines(draft.scopes).filter((scope) => !protocol.has(scope) && !scope.startsWith('authway.')), ...Object.keys(draft.claims)])];
  const put = (scope: string, names: string[] | null) => {
    const claims = Object.fromEntries(Object.entries(draft.claims).filter(([key]) => key !== scope));
    set({ claims: names ? { ...claims, [scope]: names } : claims });
  };
  return (
    <Panel title={t('claims')} lead={t('claimsLead')}>
      <Findings findings={findings} field="claims" />
      {scopes.length ? null : <p className="hint">{t('claimsNone')}</p>}
      {scopes.map((scope) => {
        const names = Object.hasOwn(draft.claims, scope) ? draft.claims[scope] : undefined;
        return (
          <fieldset key={scope} className="group">
            <legend><code dir="ltr">{scope}</code></legend>
            <Checkbox checked={Boolean(names)} disabled={readOnly} onChange={(on) => { put(scope, on ? [] : null); }}>{t('claimsOwn')}</Checkbox>
            {names ? (
              <div className="actions">
                {claimNames.map((name) => (
                  <Checkbox key={name} checked={names.includes(name)} disabled={readOnly} onChange={(on) => { put(scope, on ? [...names, name] : names.filter((each) => each !== name)); }}>
                    <code dir="ltr">{name}</code>
                  </Checkbox>
                ))}
              </div>
            ) : null}
          </fieldset>
        );
      })}
    </Panel>
  );
}

/** How it proves which application it is. */
export function Proof(props: SectionProps) {
  const { t, texts } = useText();
  const { draft, set, findings, kind, readOnly } = props;
  if (kind === 'spa' || kind === 'native') return <Panel title={t('proof')} lead={t('proofPublic')}>{null}</Panel>;
  const methods = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const;
  return (
    <Panel title={t('proof')} lead={t('proofLead')}>
      <Select
        name="authMethod"
        label={texts.fields.authMethod}
        disabled={readOnly}
        value={draft.authMethod}
        options={[...new Set([...methods, draft.authMethod])].map((value) => ({ value, label: textOf(texts.methods, value) || value }))}
        onChange={(authMethod) => { set({ authMethod }); }}
      />
      <Findings findings={findings} field="authMethod" />
      {draft.authMethod === 'private_key_jwt' || draft.jwks || draft.jwksUri ? (
        <>
          <One {...props} name="jwksUri" />
          <TextArea
            name="jwks"
            label={texts.fields.jwks}
            hint={<Findings findings={findings} field="jwks" />}
            code
            rows={5}
            readOnly={readOnly}
            value={draft.jwks}
            onChange={({ target }) => { set({ jwks: target.value }); }}
          />
        </>
      ) : null}
    </Panel>
  );
}

/** Who is told when somebody signs out elsewhere. */
export function Logout(props: SectionProps) {
  const { t } = useText();
  return (
    <Panel title={t('logout')} lead={t('logoutLead')}>
      <One {...props} name="backchannelLogoutUri" hint={t('backchannelHint')} />
      <Flag {...props} name="backchannelLogoutSession" />
      <One {...props} name="frontchannelLogoutUri" hint={t('frontchannelHint')} />
      <Flag {...props} name="frontchannelLogoutSession" />
    </Panel>
  );
}
