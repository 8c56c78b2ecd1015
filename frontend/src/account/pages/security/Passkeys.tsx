import { useState } from 'react';
import { type Problem, problem } from '../../../login/answer';
import { call, type Outcome, type Passkey } from '../../api';
import { useOverview, useSite } from '../../context';
import { Button } from '../../parts/Button';
import { Dialog } from '../../parts/Dialog';
import { Field } from '../../parts/Field';
import { Form } from '../../parts/Form';
import { Icon } from '../../parts/icons';
import { Panel } from '../../parts/Panel';
import { Row, Rows, useRows } from '../../parts/Rows';
import { Trouble } from '../../parts/Trouble';
import { useTime } from '../../time';
import { useAction } from '../../useAction';
import { useKept } from '../../useKept';

const root = '/api/account/passkeys';

type Options = Parameters<typeof import('@simplewebauthn/browser').startRegistration>[0]['optionsJSON'];

/** What a ceremony that failed comes to; null if the person called it off. */
function whyNot(error: unknown): Problem | null {
  const name = error instanceof Error ? error.name : '';
  if (name === 'NotAllowedError' || name === 'AbortError') return null;
  return problem(name === 'InvalidStateError' ? 'passkey_known' : 'passkey_failed').problem;
}

/** Makes a passkey on this device, or on one that the browser reaches. */
async function create(name: string): Promise<Outcome<Passkey> | null> {
  const options = await call<{ publicKey: Options }>('POST', `${root}/options`);
  if (!options.ok) return options;
  try {
    const { startRegistration } = await import('@simplewebauthn/browser');
    const credential = await startRegistration({ optionsJSON: options.value.publicKey });
    return await call<Passkey>('POST', root, { name, credential });
  } catch (error) {
    const found = whyNot(error);
    return found && { ok: false, problem: found };
  }
}

/** Tells the browser that a passkey leads nowhere any more, so that it is not offered. A courtesy: not every browser listens. */
function forgetPasskey(credentialId: string): void {
  const { signalUnknownCredential: signal } = PublicKeyCredential as {
    signalUnknownCredential?: (unknown: { rpId: string; credentialId: string }) => Promise<void>;
  };
  void signal?.call(PublicKeyCredential, { rpId: location.hostname, credentialId }).catch(() => undefined);
}

interface Ended {
  onDone: (news: string) => void;
  onClose: () => void;
}

function Add({ entries, onDone, onClose }: Ended & { entries: Readonly<Record<string, string>> | null }) {
  const { t, reload } = useSite();
  const action = useAction('passkey');
  const add = ({ name = '' }: Readonly<Record<string, string>>) => {
    const added = async () => {
      await reload();
      onDone(t('passkeyAdded'));
    };
    action.run(() => create(name), added, { name });
  };
  return (
    <Form action={action} fields={['name']} onSend={add}>
      <Field
        name="name"
        type="text"
        label={t('passkeyName')}
        hint={t('passkeyNameHint')}
        defaultValue={entries?.name}
        autoComplete="off"
        maxLength={100}
        autoFocus
      />
      <div className="actions">
        <Button type="submit" kind="main" busy={action.busy}>{t('continue')}</Button>
        <Button onClick={onClose}>{t('cancel')}</Button>
      </div>
    </Form>
  );
}

function Rename({ passkey, onDone, onClose }: Ended & { passkey: Passkey }) {
  const { t, reload } = useSite();
  const action = useAction();
  const rename = ({ name }: Readonly<Record<string, string>>) => {
    action.run(() => call('PATCH', `${root}/${encodeURIComponent(passkey.id)}`, { name }), async () => {
      await reload();
      onDone(t('saved'));
    });
  };
  return (
    <Dialog title={t('renamePasskey')} label={t('save')} action={action} fields={['name']} onSend={rename} onClose={onClose}>
      <Field name="name" type="text" label={t('passkeyName')} defaultValue={passkey.name} autoComplete="off" maxLength={100} />
    </Dialog>
  );
}

function Delete({ passkey, onDone, onClose }: { passkey: Passkey; onDone: () => void; onClose: () => void }) {
  const { t } = useSite();
  const action = useAction();
  const remove = () => { action.run(() => call('DELETE', `${root}/${encodeURIComponent(passkey.id)}`), onDone); };
  return (
    <Dialog
      title={t('deletePasskeyAsk', { name: passkey.name })}
      label={t('delete')}
      danger
      action={action}
      onSend={remove}
      onClose={onClose}
    >
      <p>{t('deletePasskeyBody')}</p>
    </Dialog>
  );
}

type Doing = { name: 'add' } | { name: 'rename' | 'delete'; passkey: Passkey };

export function Passkeys() {
  const { t, reload } = useSite();
  const { passkeys } = useOverview();
  const { day } = useTime();
  const action = useAction('passkey');
  const entries = useKept('passkey');
  const [doing, setDoing] = useState<Doing | null>(entries ? { name: 'add' } : null);
  const [news, setNews] = useState('');
  const { box, leaving } = useRows();
  const able = 'PublicKeyCredential' in window;
  const begin = (what: Doing) => {
    setNews('');
    if (what.name === 'rename') setDoing(what);
    else action.begin(() => { setDoing(what); });
  };
  const stop = () => { setDoing(null); };
  const done = (text: string) => {
    stop();
    setNews(text);
  };
  const deleted = async ({ id, credentialId }: Passkey) => {
    if (able) forgetPasskey(credentialId);
    stop();
    leaving(id);
    await reload();
    setNews(t('passkeyDeleted'));
  };
  return (
    <Panel title={t('passkeys')} lead={t('passkeysLead')} news={news}>
      <Trouble problem={action.problem} />
      <Rows box={box} empty={t('passkeysNone')}>
        {passkeys.map((passkey) => (
          <Row
            key={passkey.id}
            id={passkey.id}
            sign={<Icon name="key" />}
            title={<>{passkey.name}{passkey.synced ? <span className="badge">{t('synced')}</span> : null}</>}
            actions={
              <>
                <Button aria-label={t('renameThis', { name: passkey.name })} onClick={() => { begin({ name: 'rename', passkey }); }}>
                  {t('rename')}
                </Button>
                <Button aria-label={t('deleteThis', { name: passkey.name })} onClick={() => { begin({ name: 'delete', passkey }); }}>
                  {t('delete')}
                </Button>
              </>
            }
          >
            <p>{t('addedOn', { date: day(passkey.createdAt) })}</p>
            <p>{passkey.usedAt ? t('usedOn', { date: day(passkey.usedAt) }) : t('neverUsed')}</p>
          </Row>
        ))}
      </Rows>
      {doing?.name === 'add' ? <Add entries={entries} onDone={done} onClose={stop} /> : null}
      {able ? null : <p className="hint">{t('passkeysUnable')}</p>}
      {able && doing?.name !== 'add' ? (
        <div className="actions"><Button onClick={() => { begin({ name: 'add' }); }}>{t('addPasskey')}</Button></div>
      ) : null}
      {doing?.name === 'rename' ? <Rename passkey={doing.passkey} onDone={done} onClose={stop} /> : null}
      {doing?.name === 'delete' ? (
        <Delete passkey={doing.passkey} onDone={() => { void deleted(doing.passkey); }} onClose={stop} />
      ) : null}
    </Panel>
  );
}
