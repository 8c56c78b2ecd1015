import { type ReactNode, useId } from 'react';

interface Props {
  title: string;
  lead?: ReactNode;
  /** Buttons beside the heading. */
  actions?: ReactNode;
  danger?: boolean;
  children: ReactNode;
}

/** One matter of a page, with a heading of its own. */
export function Panel({ title, lead, actions, danger = false, children }: Props) {
  const id = useId();
  return (
    <section className={danger ? 'panel danger' : 'panel'} aria-labelledby={id}>
      <div className="head">
        <div className="titles">
          <h2 id={id}>{title}</h2>
          {lead ? <p className="lead">{lead}</p> : null}
        </div>
        {actions ? <div className="actions">{actions}</div> : null}
      </div>
      {children}
    </section>
  );
}

export interface Fact {
  label: string;
  /** What is null or '' is shown as a dash. */
  value: ReactNode;
}

export function DefinitionList({ items }: { items: readonly Fact[] }) {
  return (
    <dl className="facts">
      {items.map(({ label, value }) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value === null || value === undefined || value === '' ? '–' : value}</dd>
        </div>
      ))}
    </dl>
  );
}
