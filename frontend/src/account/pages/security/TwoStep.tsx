import { type ChangeEvent, useRef, useState } from 'react';
import { Qr } from '../../../login/parts/Qr';
import { call } from '../../api';
import { useOverview, useSite } from '../../context';
import { Button } from '../../parts/Button';
import { Codes } from '../../parts/Codes';
import { Copy } from '../../parts/Copy';
import { Dialog } from '../../parts/Dialog';
import { Code } from '../../parts/Field';
import { Form } from '../../parts/Form';
import { Panel } from '../../parts/Panel';
import { Trouble } from '../../parts/Trouble';
import { useTime } from '../../time';
import { useAction } from '../../useAction';

interface Key {
  secret: string;
  uri: string;
}

interface NewCodes {
  codes: readonly string[];
}

type Step =
  | { name: 'rest' | 'off' | 'renew' }
  | { name: 'key'; key: Key }
  | { name: 'codes'; codes: readonly string[] };

// Digits of any script, as a numeric keyboard may give them, and the gaps that a paste brings along.
const whole = /^(?:[\s-]*\p{Nd}){6}[\s-]*$/u;

interface EnrolProps extends Key {
  onOn: (codes: readonly string[]) => void;
  onCancel: () => void;
}

function Enrol({ secret, uri, onOn, onCancel }: EnrolProps) {
  const { t, reload } = useSite();
  const action = useAction();
  const sent = useRef('');
  const confirm = ({ code }: Readonly<Record<string, string>>) => {
    action.run(() => call<NewCodes>('POST', '/api/account/totp/confirm', { code }), async ({ codes }) => {
      await reload();
      onOn(codes);
    });
  };
  // The code of an app is gone in seconds, so it is sent as soon as it is whole.
  const sendWhole = ({ target }: ChangeEvent<HTMLInputElement>) => {
    const entry = whole.test(target.value) ? target.value : '';
    const before = sent.current;
    sent.current = entry;
    if (entry && entry !== before) target.form?.requestSubmit();
  };
  return (
    <Form action={action} fields={['code']} onSend={confirm}>
      <div className="once">
        <Qr uri={uri} scan={t('totpScan')} label={t('qr')} />
        <p>{t('totpKey')}</p>
        <code className="secret" dir="ltr">{secret}</code>
        <div className="tools">
          {uri.startsWith('otpauth://') ? <a className="button quiet" href={uri}>{t('totpOpen')}</a> : null}
          <Copy text={secret} />
        </div>
      </div>
      <Code label={t('totpCode')} hint={t('totpHint')} autoFocus onChange={sendWhole} />
      <div className="actions">
        <Button type="submit" kind="main" busy={action.busy}>{t('turnOn')}</Button>
        <Button onClick={onCancel}>{t('cancel')}</Button>
      </div>
    </Form>
  );
}

interface AskProps {
  onDone: (codes: readonly string[]) => void;
  onClose: () => void;
}

function Off({ onDone, onClose }: AskProps) {
  const { t, reload } = useSite();
  const action = useAction();
  const turnOff = () => {
    action.run(() => call('DELETE', '/api/account/totp'), async () => {
      await reload();
      onDone([]);
    });
  };
  return (
    <Dialog title={t('totpOffAsk')} label={t('turnOff')} danger action={action} onSend={turnOff} onClose={onClose}>
      <p>{t('totpOffBody')}</p>
    </Dialog>
  );
}

function Renew({ onDone, onClose }: AskProps) {
  const { t } = useSite();
  const action = useAction();
  const renew = () => {
    action.run(() => call<NewCodes>('POST', '/api/account/recovery-codes'), ({ codes }) => { onDone(codes); });
  };
  return (
    <Dialog title={t('newCodesAsk')} label={t('newCodes')} action={action} onSend={renew} onClose={onClose}>
      <p>{t('newCodesBody')}</p>
    </Dialog>
  );
}

/** With more codes than this left there is nothing to worry about. */
const few = 3;

export function TwoStep() {
  const { t } = useSite();
  const { totp, recoveryCodes } = useOverview();
  const { day } = useTime();
  const action = useAction();
  const [step, setStep] = useState<Step>({ name: 'rest' });
  const [news, setNews] = useState('');
  const rest = (text = '') => {
    setNews(text);
    setStep({ name: 'rest' });
  };
  const showCodes = (codes: readonly string[]) => { setStep({ name: 'codes', codes }); };
  const turnOn = () => {
    setNews('');
    action.run(() => call<Key>('POST', '/api/account/totp'), (key) => { setStep({ name: 'key', key }); });
  };
  const unread = () => {
    setNews('');
    action.run(() => call<NewCodes>('GET', '/api/account/recovery-codes'), ({ codes }) => { showCodes(codes); });
  };
  const begin = (name: 'off' | 'renew') => { action.begin(() => { setStep({ name }); }); };
  const { left } = recoveryCodes;
  const hasCodes = totp.on || left > 0;

  const overview = (
    <>
      <p className="state">{totp.on ? t('totpSince', { date: day(totp.addedAt ?? '') }) : t('totpNone')}</p>
      {hasCodes ? <p className={left > few ? 'state' : 'state low'}>{t('codesLeft', { count: left })}</p> : null}
      {recoveryCodes.unread ? <p className="state low">{t('codesUnread')}</p> : null}
      <Trouble problem={action.problem} />
      <div className="actions">
        {recoveryCodes.unread ? <Button kind="main" busy={action.busy} onClick={unread}>{t('showCodes')}</Button> : null}
        {totp.on
          ? <Button onClick={() => { begin('off'); }}>{t('turnOff')}</Button>
          : <Button kind="main" busy={action.busy} onClick={() => { action.begin(turnOn); }}>{t('totpSetUp')}</Button>}
        {hasCodes ? <Button onClick={() => { begin('renew'); }}>{t('newCodes')}</Button> : null}
      </div>
    </>
  );
  return (
    <Panel title={t('twoStep')} lead={t('twoStepLead')} news={news}>
      {step.name === 'key' ? <Enrol {...step.key} onOn={showCodes} onCancel={() => { rest(); }} /> : null}
      {step.name === 'codes' ? <Codes codes={step.codes} onKept={() => { rest(t('codesKept')); }} /> : null}
      {step.name === 'key' || step.name === 'codes' ? null : overview}
      {step.name === 'off' ? <Off onDone={() => { rest(t('totpIsOff')); }} onClose={() => { rest(); }} /> : null}
      {step.name === 'renew' ? <Renew onDone={showCodes} onClose={() => { rest(); }} /> : null}
    </Panel>
  );
}
