import type { ButtonHTMLAttributes } from 'react';
import { Button as Pressed, type ButtonProps as PressedProps } from 'react-aria-components/Button';
import { useSite } from '../site';

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** `plain` has no border: for a row or a bar. */
  kind?: 'main' | 'quiet' | 'danger' | 'plain';
  busy?: boolean;
}

/** Stays focusable while busy, so that focus is not lost; it does nothing meanwhile, and the action refuses a second send. */
export function Button({ kind = 'quiet', busy = false, type = 'button', className = '', disabled = false, ...rest }: ButtonProps) {
  const { t } = useSite();
  const announced = kind === 'main' || kind === 'danger';
  return (
    <>
      {/* The library passes attributes of a button on, and types them as its own. */}
      <Pressed {...(rest as PressedProps)} type={type} className={`button ${kind} ${className}`.trim()} isPending={busy} isDisabled={disabled} />
      {announced ? <span className="unseen" role="status">{busy ? t('busy') : ''}</span> : null}
    </>
  );
}
