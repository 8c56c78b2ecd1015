import { type KeyboardEvent, useState } from 'react';
import { usePage } from '../page';
import { useHydrated } from '../useForm';
import { Field } from './Field';
import { Eye } from './icons';

// A hint about length, which is what counts; the server decides.
const more = 6;

interface Props {
  fresh?: boolean;
}

export function Password({ fresh = false }: Props) {
  const { view, t, dialect } = usePage();
  const hydrated = useHydrated();
  const [shown, setShown] = useState(false);
  const [caps, setCaps] = useState(false);
  const [length, setLength] = useState(0);
  const look = (event: KeyboardEvent) => { setCaps(event.getModifierState('CapsLock')); };

  let strength = '';
  if (fresh && length >= view.least) strength = t(length >= view.least + more ? 'passwordStrong' : 'passwordFair');

  const focus = fresh ? {} : dialect.given(dialect.all(view.email, dialect.not(view.alert)), { autoFocus: true });
  return (
    <Field
      name="password"
      type={shown ? 'text' : 'password'}
      label={t('password')}
      hint={fresh ? t('passwordHint', { least: view.least }) : undefined}
      faults={fresh ? { password_short: t('passwordShort', { least: view.least }) } : undefined}
      autoComplete={fresh ? 'new-password' : 'current-password'}
      autoCapitalize="none"
      spellCheck={false}
      dir="ltr"
      onKeyDown={look}
      onKeyUp={look}
      onBlur={() => { setCaps(false); }}
      onChange={fresh ? (event) => { setLength(event.target.value.length); } : undefined}
      {...focus}
      inside={
        <button
          type="button"
          className="show"
          hidden={!hydrated}
          aria-pressed={shown}
          aria-label={t('showPassword')}
          onClick={() => { setShown(!shown); }}
        >
          <Eye />
        </button>
      }
      after={<p className="live" aria-live="polite">{caps ? t('capsLock') : strength}</p>}
    />
  );
}
