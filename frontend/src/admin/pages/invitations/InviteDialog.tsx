import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { languages } from '../../../login/catalog';
import { locales } from '../../../login/view';
import { api, ask, type Role, type Schemas } from '../../api';
import { useMay, useTenant } from '../../me';
import { Dialog } from '../../parts/Dialog';
import { Checkbox, Select, TextArea, TextField } from '../../parts/fields';
import { useSite } from '../../site';
import { useAction } from '../../useAction';
import { useText } from './texts';

const entry = (data: FormData, name: string) => {
  const value = data.get(name);
  return typeof value === 'string' ? value.trim() : '';
};

/** Makes an account for somebody, whom a mail lets in. */
export function InviteDialog({ onDone, onClose }: { onDone: (made: Schemas['Invitation']) => unknown; onClose: () => void }) {
  const { t } = useText();
  const { t: common, catalog, locale } = useSite();
  const tenant = useTenant();
  const isOwner = useMay('owner');
  const action = useAction();
  const [language, setLanguage] = useState<string>(locale);
  const [administer, setAdminister] = useState<Role | ''>('');
  const roles = useQuery({
    queryKey: ['t', tenant, 'roles'],
    queryFn: ({ signal }) => ask(api.GET('/tenants/{tenant}/roles', { params: { path: { tenant } }, signal })),
    staleTime: 60_000,
  });
  const names = roles.data?.items.map(({ name }) => name) ?? [];
  const send = (data: FormData) => {
    const body = {
      email: entry(data, 'email'),
      name: entry(data, 'name'),
      locale: language,
      roles: names.filter((name) => data.get(`role:${name}`) === 'on'),
      reason: entry(data, 'reason'),
      ...(administer && { administer }),
    };
    action.run(() => ask(api.POST('/tenants/{tenant}/invitations', { params: { path: { tenant } }, body })), onDone);
  };
  return (
    <Dialog title={t('inviteTitle')} action={action} label={t('send')} fields={['email', 'name', 'roles', 'reason']} onSend={send} onClose={onClose}>
      <TextField name="email" label={t('email')} type="email" required maxLength={254} code />
      <TextField name="name" label={t('name')} hint={t('nameHint')} maxLength={200} />
      <Select label={t('language')} value={language} options={locales.map((value) => ({ value, label: languages[value].name }))} onChange={setLanguage} />
      {names.length ? (
        <fieldset className="field">
          <legend>{t('roles')}</legend>
          {names.map((name) => <Checkbox key={name} name={`role:${name}`}>{name}</Checkbox>)}
        </fieldset>
      ) : null}
      {isOwner ? (
        <Select
          label={t('administer')}
          value={administer}
          options={[{ value: '' as const, label: t('nothing') }, ...(['viewer', 'operator', 'owner'] as const).map((value) => ({ value, label: catalog.roles[value] }))]}
          onChange={setAdminister}
        />
      ) : null}
      <TextArea name="reason" label={common('reason')} hint={common('reasonHint')} rows={2} maxLength={500} />
    </Dialog>
  );
}
