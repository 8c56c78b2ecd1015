import { useState } from 'react';
import { languages } from '../../login/catalog';
import { locales } from '../../login/view';
import { call } from '../api';
import { useOverview, useSite } from '../context';
import { Button } from '../parts/Button';
import { Code, Field } from '../parts/Field';
import { Form } from '../parts/Form';
import { Panel } from '../parts/Panel';
import { Resend } from '../parts/Resend';
import { Trouble } from '../parts/Trouble';
import { useAction } from '../useAction';
import { useKept } from '../useKept';

function About() {
  const { locale, t, reload } = useSite();
  const { account } = useOverview();
  const action = useAction();
  const [news, setNews] = useState('');

  const save = (entries: Readonly<Record<string, string>>) => {
    setNews('');
    action.run(() => call('PATCH', '/api/account', entries), async () => {
      // The edge chooses the file by language, so another one is another page.
      if (entries.locale !== locale) {
        location.reload();
        return;
      }
      await reload();
      setNews(t('saved'));
    });
  };
  return (
    <Panel title={t('about')} lead={t('aboutLead')} news={news}>
      <Form action={action} fields={['name']} onSend={save}>
        <Field name="name" type="text" label={t('name')} defaultValue={account.name} autoComplete="name" maxLength={100} />
        <div className="field">
          <label htmlFor="locale">{t('language')}</label>
          <select id="locale" name="locale" defaultValue={locale}>
            {locales.map((each) => <option key={each} value={each} lang={each}>{languages[each].name}</option>)}
          </select>
        </div>
        <div className="actions"><Button type="submit" kind="main" busy={action.busy}>{t('save')}</Button></div>
      </Form>
    </Panel>
  );
}

interface AddressProps {
  entries: Readonly<Record<string, string>> | null;
  onSent: () => void;
  onCancel: () => void;
}

function NewAddress({ entries, onSent, onCancel }: AddressProps) {
  const { t, reload } = useSite();
  const action = useAction('email');
  const send = ({ email = '' }: Readonly<Record<string, string>>) => {
    const sent = async () => {
      await reload();
      onSent();
    };
    action.run(() => call('POST', '/api/account/email', { email }), sent, { email });
  };
  return (
    <Form action={action} fields={['email']} onSend={send}>
      <Field
        name="email"
        type="email"
        label={t('newEmail')}
        hint={t('newEmailHint')}
        defaultValue={entries?.email}
        autoComplete="email"
        autoCapitalize="none"
        spellCheck={false}
        dir="ltr"
        maxLength={254}
        autoFocus
      />
      <div className="actions">
        <Button type="submit" kind="main" busy={action.busy}>{t('sendCode')}</Button>
        <Button onClick={onCancel}>{t('cancel')}</Button>
      </div>
    </Form>
  );
}

interface PendingProps {
  address: string;
  resendAfter: number;
  onConfirmed: () => void;
  onOther: () => void;
}

function PendingAddress({ address, resendAfter, onConfirmed, onOther }: PendingProps) {
  const { t, reload } = useSite();
  const action = useAction();
  const again = useAction('email');
  const [sent, setSent] = useState({ times: 0, wait: resendAfter });
  const confirm = ({ code }: Readonly<Record<string, string>>) => {
    action.run(() => call('POST', '/api/account/email/confirm', { code }), async () => {
      await reload();
      onConfirmed();
    });
  };
  const resend = () => {
    const sentAgain = (answer: { resendAfter: number }) => {
      setSent(({ times }) => ({ times: times + 1, wait: answer.resendAfter }));
    };
    again.run(() => call<{ resendAfter: number }>('POST', '/api/account/email', { email: address }), sentAgain, { email: address });
  };
  return (
    <>
      <Form action={action} fields={['code']} onSend={confirm}>
        <p>{t('codeSent', { address })}</p>
        <Code label={t('mailCode')} hint={t('mailCodeHint')} autoFocus />
        <div className="actions">
          <Button type="submit" kind="main" busy={action.busy}>{t('confirm')}</Button>
          <Button onClick={onOther}>{t('otherAddress')}</Button>
        </div>
      </Form>
      <Trouble problem={again.problem} />
      <Resend key={sent.times} seconds={sent.wait} news={sent.times ? t('sentAgain') : ''} onSend={resend} />
    </>
  );
}

function Address() {
  const { t } = useSite();
  const { account, pendingEmail } = useOverview();
  const entries = useKept('email');
  const action = useAction('email');
  const [asking, setAsking] = useState(entries !== null);
  const [news, setNews] = useState('');
  const ask = () => {
    action.begin(() => {
      setNews('');
      setAsking(true);
    });
  };
  const stop = () => { setAsking(false); };

  let step = <div className="actions"><Button onClick={ask}>{t('changeEmail')}</Button></div>;
  if (asking) step = <NewAddress entries={entries} onSent={stop} onCancel={stop} />;
  else if (pendingEmail) {
    step = <PendingAddress {...pendingEmail} onConfirmed={() => { setNews(t('emailChanged')); }} onOther={ask} />;
  }
  return (
    <Panel title={t('email')} lead={t('emailLead')} news={news}>
      <p className="value">
        <bdi>{account.email}</bdi>
        {account.emailVerified ? <span className="badge">{t('verified')}</span> : null}
      </p>
      <Trouble problem={action.problem} />
      {step}
    </Panel>
  );
}

export function Profile() {
  return (
    <>
      <About />
      <Address />
    </>
  );
}
