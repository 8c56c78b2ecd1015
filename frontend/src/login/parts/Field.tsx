import type { InputHTMLAttributes, ReactNode } from 'react';
import { usePage } from '../page';
import { useFault } from './Fault';

interface Props extends InputHTMLAttributes<HTMLInputElement> {
  name: string;
  label: string;
  hint?: string;
  /** What to say of a fault in this place, where the catalog's text is too general. */
  faults?: Readonly<Record<string, string>>;
  /** Sits inside the box, after the input. */
  inside?: ReactNode;
  /** Sits under the box. */
  after?: ReactNode;
}

export function Field({ name, label, hint, faults, inside, after, ...input }: Props) {
  const { dialect } = usePage();
  const { wrong, id: errorId, fault } = useFault(name, faults);
  const hintId = `${name}-hint`;
  const invalid = { 'aria-invalid': true };
  const described = hint
    ? { 'aria-describedby': dialect.either(wrong, `${errorId} ${hintId}`, hintId), ...dialect.given(wrong, invalid) }
    : dialect.given(wrong, { 'aria-describedby': errorId, ...invalid });
  return (
    <div className="field">
      <label htmlFor={name}>{label}</label>
      {hint ? <p className="hint" id={hintId}>{hint}</p> : null}
      <div className="box">
        <input id={name} name={name} required {...input} {...described} />
        {inside}
      </div>
      {fault}
      {after}
    </div>
  );
}
