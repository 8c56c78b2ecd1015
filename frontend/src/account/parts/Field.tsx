import type { InputHTMLAttributes, ReactNode } from 'react';
import { useFieldFault } from './Form';

interface Props extends InputHTMLAttributes<HTMLInputElement> {
  name: string;
  label: string;
  hint?: string;
  /** Sits inside the box, after the input. */
  inside?: ReactNode;
  /** Sits under the box. */
  after?: ReactNode;
}

export function Field({ name, label, hint: hintText, inside, after, ...input }: Props) {
  const { hint, fault, props } = useFieldFault(name, hintText);
  return (
    <div className="field">
      <label htmlFor={props.id}>{label}</label>
      {hint}
      <div className="box">
        <input required {...input} {...props} />
        {inside}
      </div>
      {fault}
      {after}
    </div>
  );
}

interface TickProps {
  name: string;
  children: string;
  required?: boolean;
  defaultChecked?: boolean;
}

/** A box to tick. One that is `required` has to be ticked to go on. */
export function Tick({ name, children, ...input }: TickProps) {
  const { fault, props } = useFieldFault(name, undefined);
  return (
    <div className="field">
      <label className="check">
        <input type="checkbox" value="on" {...input} {...props} />
        <span>{children}</span>
      </label>
      {fault}
    </div>
  );
}

/** One input for a code of digits, in any script and with the gaps that a paste brings along. */
export function Code({ label, hint, ...input }: { label: string; hint?: string } & InputHTMLAttributes<HTMLInputElement>) {
  return (
    <Field
      name="code"
      type="text"
      label={label}
      hint={hint}
      className="code"
      inputMode="numeric"
      autoComplete="one-time-code"
      autoCapitalize="none"
      spellCheck={false}
      dir="ltr"
      {...input}
    />
  );
}
