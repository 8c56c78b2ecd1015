import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask, type Schemas } from '../../api';
import { useTenant } from '../../me';
import { Button } from '../../parts/Button';
import { Diff } from '../../parts/Diff';
import { Checkbox, Select, Switch, TextField } from '../../parts/fields';
import { Form } from '../../parts/Form';
import { Panel } from '../../parts/Panel';
import { useSite } from '../../site';
import { asProblem } from '../../problem';
import { say } from '../../toast';
import { useAction, useKept } from '../../useAction';
import { useText } from './texts';

type Person = Schemas['Person'];

interface Values {
  name: string;
  email: string;
  verified: boolean;
  locale: string;
  roles: readonly string[];
}

const kept = 'user-edit';
const names = ['name', 'email', 'verified', 'locale', 'roles'] as const;
const languages = ['en', 'ko', 'ar'] as const;

const valuesOf = ({ name, email, verifiedAt, locale, roles }: Person): Values => ({ name, email, verified: Boolean(verifiedAt), locale, roles });
const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** The fields in which two differ, with the values of the second. */
const changes = (from: Values, to: Values): Partial<Values> =>
  Object.fromEntries(names.filter((name) => !same(from[name], to[name])).map((name) => [name, to[name]]));

/** A form over what it was opened with. What others have changed meanwhile is taken over, except where one has typed oneself. */
export function Edit({ person }: { person: Person }) {
  const { t } = useText();
  const tenant = useTenant();
  const client = useQueryClient();
  const key = ['t', tenant, 'users', person.id];
  const action = useAction(kept);
  const [before] = useKept<{ id: string; base: Person | null; values: Values | null }>(kept, { id: '', base: null, values: null });
  const mine = before.id === person.id ? before : null;
  const [base, setBase] = useState<Person>(mine?.base ?? person);
  const [values, setValues] = useState<Values>(mine?.values ?? valuesOf(person));
  const [theirs, setTheirs] = useState<{ before: Values; after: Values } | null>(null);
  const set = (change: Partial<Values>) => { setValues((now) => ({ ...now, ...change })); };
  const changed = changes(valuesOf(base), values);
  const locked = person.self || person.protected;

  const open = (fresh: Person) => {
    setBase(fresh);
    setValues(valuesOf(fresh));
    setTheirs(null);
  };
  const conflict = async () => {
    const fresh = await ask(api.GET('/tenants/{tenant}/users/{user}', { params: { path: { tenant, user: person.id } } }));
    client.setQueryData(key, fresh);
    setTheirs({ before: valuesOf(base), after: valuesOf(fresh) });
    setBase(fresh);
    setValues({ ...valuesOf(fresh), ...changed });
  };
  const send = () => {
    const { roles, ...rest } = changed;
    const body = { version: base.version, ...rest, ...(roles && { roles: [...roles] }) };
    const work = async () => {
      try {
        return await ask(api.PATCH('/tenants/{tenant}/users/{user}', { params: { path: { tenant, user: person.id } }, body }));
      } catch (error) {
        if (asProblem(error).code === 'conflict') await conflict();
        throw error;
      }
    };
    action.run(work, async (saved) => {
      client.setQueryData(key, saved);
      open(saved);
      say(t('saved'));
      await client.invalidateQueries({ queryKey: ['t', tenant, 'users'] });
    }, { id: person.id, base, values });
  };
  return (
    <Panel title={t('profile')}>
      <Form action={action} fields={names} onSend={send}>
        {theirs ? <div className="stack"><p>{t('theirs')}</p><Diff before={theirs.before} after={theirs.after} names={{ name: t('name'), email: t('email'), verified: t('verified'), locale: t('locale'), roles: t('roles') }} /></div> : null}
        <TextField name="name" label={t('name')} required maxLength={200} value={values.name} onChange={({ target }) => { set({ name: target.value }); }} />
        <TextField name="email" type="email" code label={t('email')} hint={locked ? undefined : t('emailHint')} required maxLength={254} readOnly={locked} value={values.email} onChange={({ target }) => { set({ email: target.value, verified: target.value === base.email && Boolean(base.verifiedAt) }); }} />
        <Switch name="verified" hint={t('verifiedHint')} disabled={locked} checked={values.verified} onChange={(verified) => { set({ verified }); }}>{t('verified')}</Switch>
        <Languages value={values.locale} onChange={(locale) => { set({ locale }); }} />
        <Roles value={values.roles} onChange={(roles) => { set({ roles }); }} />
        <div className="actions">
          <Button type="submit" kind="main" busy={action.busy} disabled={!Object.keys(changed).length}>{t('save')}</Button>
          {Object.keys(changed).length ? <Button onClick={() => { open(person); action.refuse(null); }}>{t('undo')}</Button> : null}
        </div>
      </Form>
    </Panel>
  );
}

function Languages({ value, onChange }: { value: string; onChange: (locale: string) => void }) {
  const { t } = useText();
  const { locale } = useSite();
  const spoken = new Intl.DisplayNames(locale, { type: 'language' });
  const all: readonly string[] = languages;
  return (
    <Select
      name="locale"
      label={t('locale')}
      value={value}
      options={[{ value: '', label: t('localeOfBrowser') }, ...[...new Set([...all, ...(value ? [value] : [])])].map((each) => ({ value: each, label: spoken.of(each) ?? each }))]}
      onChange={onChange}
    />
  );
}

/** The roles of the tenant, and those of the account that the tenant has no more. */
function Roles({ value, onChange }: { value: readonly string[]; onChange: (roles: readonly string[]) => void }) {
  const { t } = useText();
  const tenant = useTenant();
  const query = useQuery({
    queryKey: ['t', tenant, 'roles'],
    queryFn: ({ signal }) => ask(api.GET('/tenants/{tenant}/roles', { params: { path: { tenant } }, signal })),
    staleTime: 60_000,
  });
  const known = query.data?.items ?? [];
  const all = [...known.map(({ name, description }) => ({ name, description })), ...value.filter((name) => !known.some((each) => each.name === name)).map((name) => ({ name, description: '' }))];
  return (
    <fieldset className="field">
      <legend>{t('roles')}</legend>
      <p className="hint">{t('rolesHint')}</p>
      {all.length ? all.map(({ name, description }) => (
        <Checkbox
          key={name}
          checked={value.includes(name)}
          hint={description || undefined}
          onChange={(on) => { onChange(on ? [...value, name].sort() : value.filter((each) => each !== name)); }}
        >
          <bdi>{name}</bdi>
        </Checkbox>
      )) : <p className="hint">{t('noRoles')}</p>}
    </fieldset>
  );
}
