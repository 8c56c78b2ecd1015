import type { InputHTMLAttributes, ReactNode } from 'react';
import { usePage } from '../page';
import { Warning } from './icons';

interface Props extends InputHTMLAttributes<HTMLInputElement> {
  name: string;
  label: string;
  hint?: string;
  /** Sits inside the box, after the input. */
  inside?: ReactNode;
  /** Sits under the box. */
  after?: ReactNode;
}

export function Field({ name, label, hint, inside, after, ...input }: Props) {
  const { view, catalog, t, dialect } = usePage();
  const wrong = dialect.all(view.alert, dialect.is(view.field, name));
  const own = Object.fromEntries(Object.entries(catalog.fields).filter(([code]) => code.startsWith(`${name}_`)));
  const [hintId, errorId] = [`${name}-hint`, `${name}-error`];
  const described = hint
    ? { 'aria-describedby': dialect.either(wrong, `${errorId} ${hintId}`, hintId) }
    : dialect.given(wrong, { 'aria-describedby': errorId });
  return (
    <div className="field">
      <label htmlFor={name}>{label}</label>
      {hint ? <p className="hint" id={hintId}>{hint}</p> : null}
      <div className="box">
        <input id={name} name={name} required {...input} {...described} {...dialect.given(wrong, { 'aria-invalid': true })} />
        {inside}
      </div>
      {dialect.when(
        wrong,
        <p className="error" id={errorId}>
          <Warning />
          <span>{dialect.pick(view.alert, own, t('checkField'))}</span>
        </p>,
      )}
      {after}
    </div>
  );
}
