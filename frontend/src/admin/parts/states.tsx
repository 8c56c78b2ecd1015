import type { UseQueryResult } from '@tanstack/react-query';
import { type ReactNode, useRef } from 'react';
import { Icon, type IconName } from '../icons';
import { asProblem } from '../problem';
import { useSite } from '../site';
import { Waiting } from '../Waiting';
import { Trouble } from './Trouble';

export { Waiting };

/** Where there is nothing, and perhaps what to do about it. */
export function Empty({ icon = 'empty', title, children, actions }: { icon?: IconName; title?: string; children?: ReactNode; actions?: ReactNode }) {
  return (
    <div className="empty">
      <Icon name={icon} />
      {title ? <h2>{title}</h2> : null}
      {children ? <p>{children}</p> : null}
      {actions ? <div className="actions">{actions}</div> : null}
    </div>
  );
}

/** In the place of what the person may not see. */
export function Forbidden() {
  const { t } = useSite();
  return <Empty icon="lock" title={t('forbidden')}>{t('forbiddenLead')}</Empty>;
}

/** In the place of what is not there, or belongs to another tenant. */
export function Missing() {
  const { t } = useSite();
  return <Empty title={t('missing')}>{t('missingLead')}</Empty>;
}

/** What a query gives, or the state it is in. */
export function Loaded<T>({ query, children }: { query: UseQueryResult<T, unknown>; children: (value: T) => ReactNode }) {
  const box = useRef<HTMLDivElement>(null);
  const again = () => {
    // The button goes away with the problem.
    box.current?.focus();
    void query.refetch();
  };
  const problem = query.error ? asProblem(query.error) : null;
  const refused = problem?.status === 403 && problem.code === 'forbidden';
  let shown: ReactNode = <Waiting />;
  if (refused) shown = <Forbidden />;
  else if (query.data !== undefined) shown = children(query.data);
  else if (problem?.status === 404) shown = <Missing />;
  else if (problem && !query.isFetching) shown = <Trouble problem={problem} retry={again} still />;
  return <div className="stack" ref={box} tabIndex={-1} aria-busy={query.isFetching || undefined}>{shown}</div>;
}
