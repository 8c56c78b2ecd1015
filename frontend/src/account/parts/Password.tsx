import { type KeyboardEvent, useState } from 'react';
import { Eye } from '../../login/parts/icons';
import { useOverview, useSite } from '../context';
import { Field } from './Field';

// A hint about length, which is what counts; the server decides. What is longer than it has to be by so much is strong.
const more = 6;

interface Props {
  name: 'current' | 'password';
  label: string;
}

export function Password({ name, label }: Props) {
  const { t } = useSite();
  const { minPassword: least } = useOverview().tenant;
  const [shown, setShown] = useState(false);
  const [caps, setCaps] = useState(false);
  const [length, setLength] = useState(0);
  const fresh = name === 'password';
  const look = (event: KeyboardEvent) => { setCaps(event.getModifierState('CapsLock')); };

  let strength = '';
  if (fresh && length >= least) strength = t(length >= least + more ? 'passwordStrong' : 'passwordFair');
  return (
    <Field
      name={name}
      type={shown ? 'text' : 'password'}
      label={label}
      hint={fresh ? t('passwordHint', { least }) : undefined}
      className="password"
      autoComplete={fresh ? 'new-password' : 'current-password'}
      autoCapitalize="none"
      spellCheck={false}
      dir="ltr"
      onKeyDown={look}
      onKeyUp={look}
      onBlur={() => { setCaps(false); }}
      onChange={(event) => { setLength(event.target.value.length); }}
      inside={
        <button
          type="button"
          className="show"
          aria-pressed={shown}
          aria-label={t(fresh ? 'showPassword' : 'showCurrent')}
          onClick={() => { setShown(!shown); }}
        >
          <Eye />
        </button>
      }
      after={<p className="live" aria-live="polite">{caps ? t('capsLock') : strength}</p>}
    />
  );
}
