import { useState } from 'react';
import { Button } from '../../parts/Button';
import { Checkbox, FileTrigger, NumberField, RadioGroup, Switch, TextField } from '../../parts/fields';
import { Panel } from '../../parts/Panel';
import { Problem } from '../../problem';
import { type Draft, type Language, languages, type Settings } from './draft';
import { useText } from './texts';

export interface Section {
  draft: Draft;
  set: (change: Partial<Draft>) => void;
  readOnly: boolean;
}

const mostBytes = 65_536;
const ownAccent = '#0f6a58';

function asAddress(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => { resolve(reader.result as string); };
    reader.onerror = () => { reject(new Problem('picture_invalid', { field: 'look.logo' })); };
    reader.readAsDataURL(file);
  });
}

export function Look({ draft, set, readOnly, unreadable, refuse }: Section & { unreadable: boolean; refuse: (problem: Problem | null) => void }) {
  const { t, texts } = useText();
  const [input, setInput] = useState(0);
  const take = (file: File | null) => {
    if (!file) return;
    if (file.size > mostBytes || !/^image\/(png|webp)$/.test(file.type)) {
      refuse(new Problem('picture_invalid', { field: 'look.logo' }));
      return;
    }
    refuse(null);
    void asAddress(file).then((logo) => { set({ logo }); }, refuse);
  };
  return (
    <Panel title={t('look')} lead={t('lookLead')}>
      <TextField name="name" label={t('name')} value={draft.name} required maxLength={200} readOnly={readOnly} onChange={({ target }) => { set({ name: target.value }); }} />
      <div className="actions">
        <TextField
          name="look.accent"
          label={t('accent')}
          hint={unreadable ? texts.alerts.accent_unreadable : t('accentHint')}
          value={draft.accent}
          placeholder={ownAccent}
          pattern="#[0-9a-f]{6}"
          maxLength={7}
          code
          readOnly={readOnly}
          onChange={({ target }) => { set({ accent: target.value.trim().toLowerCase() }); }}
        />
        <input
          type="color"
          aria-label={t('accentPick')}
          value={/^#[0-9a-f]{6}$/.test(draft.accent) ? draft.accent : ownAccent}
          disabled={readOnly}
          onChange={({ target }) => { set({ accent: target.value }); }}
        />
      </div>
      {readOnly ? null : <FileTrigger key={input} name="look.logo" label={t('logo')} hint={t('logoHint')} accept="image/png,image/webp" onFile={take} />}
      {draft.logo && !readOnly ? (
        <div className="actions"><Button onClick={() => { set({ logo: '' }); setInput(input + 1); }}>{t('logoRemove')}</Button></div>
      ) : null}
    </Panel>
  );
}

export function Words({ draft, set, readOnly }: Section) {
  const { t, texts } = useText();
  const link = (name: 'support' | 'terms' | 'privacy', hint: string) => (
    <TextField
      name={`look.${name}`} label={t(name)} hint={hint} value={draft[name]} maxLength={2000} code readOnly={readOnly}
      onChange={({ target }) => { set({ [name]: target.value.trim() }); }}
    />
  );
  const welcome = (language: Language) => (
    <TextField
      key={language} name={`look.welcome.${language}`} label={texts.welcomes[language]} value={draft.welcome[language]} maxLength={200} lang={language}
      dir={language === 'ar' ? 'rtl' : 'ltr'} readOnly={readOnly} onChange={({ target }) => { set({ welcome: { ...draft.welcome, [language]: target.value } }); }}
    />
  );
  return (
    <Panel title={t('words')} lead={t('wordsLead')}>
      {languages.map(welcome)}
      {link('support', t('supportHint'))}
      {link('privacy', t('linkHint'))}
      {link('terms', t('linkHint'))}
    </Panel>
  );
}

export function Demands({ draft, set, readOnly, settings }: Section & { settings: Settings }) {
  const { t } = useText();
  const choose = (id: string, on: boolean) => {
    set({ providers: settings.configured.map((each) => each.id).filter((each) => (each === id ? on : draft.providers.includes(each))) });
  };
  return (
    <Panel title={t('demands')} lead={t('demandsLead')}>
      <RadioGroup
        name="demands.registration"
        label={t('registration')}
        value={draft.registration}
        options={[{ value: 'open', label: t('open'), hint: t('openHint') }, { value: 'invited', label: t('invited'), hint: t('invitedHint') }]}
        onChange={(registration) => { if (!readOnly) set({ registration }); }}
      />
      <NumberField
        name="demands.minPassword" label={t('minPassword')} hint={t('minPasswordHint')} unit={t('characters')} required min={12} max={64} readOnly={readOnly}
        value={draft.minPassword} onChange={({ target }) => { set({ minPassword: target.value }); }}
      />
      <Switch checked={draft.requireMfa} disabled={readOnly} hint={t('requireMfaHint')} onChange={(requireMfa) => { set({ requireMfa }); }}>{t('requireMfa')}</Switch>
      {settings.configured.length ? (
        <fieldset className="field">
          <legend>{t('providers')}</legend>
          <p className="hint">{t('providersHint')}</p>
          <Checkbox checked={draft.allProviders} disabled={readOnly} onChange={(allProviders) => { set({ allProviders }); }}>{t('allProviders')}</Checkbox>
          {draft.allProviders ? null : settings.configured.map(({ id, name }) => (
            <Checkbox key={id} checked={draft.providers.includes(id)} disabled={readOnly} onChange={(on) => { choose(id, on); }}><bdi>{name}</bdi></Checkbox>
          ))}
        </fieldset>
      ) : null}
      <NumberField
        name="demands.sessionIdle" label={t('idle')} hint={t('idleHint')} unit={t('minutes')} min={15} max={20160} readOnly={readOnly}
        value={draft.idle} onChange={({ target }) => { set({ idle: target.value }); }}
      />
      <NumberField
        name="demands.sessionAbsolute" label={t('absolute')} hint={t('absoluteHint')} unit={t('hours')} min={1} max={720} readOnly={readOnly}
        value={draft.absolute} onChange={({ target }) => { set({ absolute: target.value }); }}
      />
    </Panel>
  );
}
