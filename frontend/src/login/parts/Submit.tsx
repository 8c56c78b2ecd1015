import type { ReactNode } from 'react';
import { usePage } from '../page';

interface Props {
  busy: boolean;
  name?: string;
  value?: string;
  quiet?: boolean;
  children: string;
}

/** Stays focusable while busy, so that focus is not lost; the form itself refuses the second send. */
export function Submit({ busy, quiet = false, children, ...button }: Props): ReactNode {
  return (
    <button type="submit" className={quiet ? 'button quiet' : 'button'} aria-disabled={busy} {...button}>
      {children}
    </button>
  );
}

export function Busy({ busy }: { busy: boolean }) {
  const { t } = usePage();
  return <p className="unseen" role="status">{busy ? t('busy') : ''}</p>;
}
