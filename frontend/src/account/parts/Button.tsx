import type { ButtonHTMLAttributes } from 'react';
import { useSite } from '../context';

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: 'main' | 'quiet' | 'danger';
  busy?: boolean;
}

/** Stays focusable while busy, so that focus is not lost; the action refuses the second send. */
export function Button({ kind = 'quiet', busy = false, type = 'button', ...rest }: Props) {
  const { t } = useSite();
  return (
    <>
      <button type={type} className={`button ${kind}`} aria-disabled={busy} {...rest} />
      {kind === 'quiet' ? null : <span className="unseen" role="status">{busy ? t('busy') : ''}</span>}
    </>
  );
}
