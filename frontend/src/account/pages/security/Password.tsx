import { useState } from 'react';
import { call } from '../../api';
import { useOverview, useSite } from '../../context';
import { Button } from '../../parts/Button';
import { Dialog } from '../../parts/Dialog';
import { Field, Tick } from '../../parts/Field';
import { Form } from '../../parts/Form';
import { Panel } from '../../parts/Panel';
import { Password as PasswordField } from '../../parts/Password';
import { Trouble } from '../../parts/Trouble';
import { useTime } from '../../time';
import { useAction } from '../../useAction';
import { useKept } from '../../useKept';

interface Ended {
  onDone: (news: string) => void;
  onCancel: () => void;
}

function Change({ onDone, onCancel }: Ended) {
  const { t, reload } = useSite();
  const { account, password } = useOverview();
  const action = useAction('password');
  const save = ({ current = '', password: renewed, end }: Readonly<Record<string, string>>) => {
    const body = { current, password: renewed, endOthers: end === 'on' };
    action.run(() => call('PUT', '/api/account/password', body), async () => {
      await reload();
      onDone(t(body.endOthers ? 'passwordSavedEnded' : 'passwordSaved'));
    });
  };
  return (
    <Form action={action} fields={['current', 'password']} onSend={save}>
      {/* For people to see which account it is, and for password managers to file the new password under. */}
      <Field name="username" type="text" label={t('email')} defaultValue={account.email} autoComplete="username" readOnly dir="ltr" />
      {password.set ? <PasswordField name="current" label={t('currentPassword')} /> : null}
      <PasswordField name="password" label={t('newPassword')} />
      <Tick name="end" defaultChecked>{t('endOthersToo')}</Tick>
      <div className="actions">
        <Button type="submit" kind="main" busy={action.busy}>{t('savePassword')}</Button>
        <Button onClick={onCancel}>{t('cancel')}</Button>
      </div>
    </Form>
  );
}

function Remove({ onDone, onCancel }: Ended) {
  const { t, reload } = useSite();
  const action = useAction();
  const remove = () => {
    action.run(() => call('DELETE', '/api/account/password'), async () => {
      await reload();
      onDone(t('passwordRemoved'));
    });
  };
  return (
    <Dialog title={t('removePasswordAsk')} label={t('remove')} danger action={action} onSend={remove} onClose={onCancel}>
      <p>{t('removePasswordBody')}</p>
    </Dialog>
  );
}

export function Password() {
  const { t } = useSite();
  const { password } = useOverview();
  const { day } = useTime();
  const action = useAction('password');
  const kept = useKept('password');
  const [doing, setDoing] = useState<'change' | 'remove' | null>(kept ? 'change' : null);
  const [news, setNews] = useState('');
  const begin = (what: 'change' | 'remove') => {
    action.begin(() => {
      setNews('');
      setDoing(what);
    });
  };
  const stop = () => { setDoing(null); };
  const done = (text: string) => {
    stop();
    setNews(text);
  };

  let state = t('passwordNone');
  if (password.set) state = password.changedAt ? t('passwordSince', { date: day(password.changedAt) }) : t('passwordSet');
  return (
    <Panel title={t('password')} news={news}>
      <p className="state">{state}</p>
      <Trouble problem={action.problem} />
      {doing === 'change' ? <Change onDone={done} onCancel={stop} /> : (
        <div className="actions">
          <Button onClick={() => { begin('change'); }}>{t(password.set ? 'changePassword' : 'setPassword')}</Button>
          {password.set ? <Button onClick={() => { begin('remove'); }}>{t('removePassword')}</Button> : null}
        </div>
      )}
      {doing === 'remove' ? <Remove onDone={done} onCancel={stop} /> : null}
    </Panel>
  );
}
