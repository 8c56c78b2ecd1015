import { type ChangeEvent, useRef } from 'react';
import { useStep } from '../page';
import { Field } from './Field';

// Digits of any script, as a numeric keyboard may give them, and the gaps that a paste brings along.
const wholeTotp = /^(?:[\s-]*\p{Nd}){6}[\s-]*$/u;

interface Props {
  kind: 'mail' | 'totp' | 'recovery';
}

/** One input for any code. That of an app is gone in seconds and is sent as soon as it is whole; the others wait for the button. */
export function Code({ kind }: Props) {
  const { view, t, dialect } = useStep();
  const sent = useRef('');
  const sendWhole = ({ target }: ChangeEvent<HTMLInputElement>) => {
    const whole = wholeTotp.test(target.value) ? target.value : '';
    const before = sent.current;
    sent.current = whole;
    if (whole && whole !== before) target.form?.requestSubmit();
  };
  const { label, hint, ...own } = {
    mail: { label: t('code'), hint: t('mailHint'), inputMode: 'numeric' as const },
    totp: {
      label: t('totpCode'),
      hint: undefined,
      inputMode: 'numeric' as const,
      faults: { code_wrong: t('totpWrong') },
      onChange: sendWhole,
    },
    recovery: { label: t('recoveryCode'), hint: t('recoveryHint') },
  }[kind];
  const quiet = dialect.any(dialect.not(view.alert), dialect.is(view.alert, 'code_sent'));
  return (
    <Field
      name="code"
      type="text"
      label={label}
      hint={hint}
      className="code"
      autoComplete="one-time-code"
      autoCapitalize="none"
      spellCheck={false}
      dir="ltr"
      {...own}
      {...dialect.given(quiet, { autoFocus: true })}
    />
  );
}
