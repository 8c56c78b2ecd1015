import { type ReactNode, type RefObject, useEffect, useRef } from 'react';

/** A list from which rows go away. Focus moves to the row that takes the place of the one that went. */
export function useRows() {
  const box = useRef<HTMLDivElement>(null);
  const gone = useRef<{ id: string; index: number } | null>(null);
  const rows = () => [...(box.current?.querySelectorAll<HTMLElement>('[data-row]') ?? [])];
  const indexOf = (id: string) => rows().findIndex(({ dataset }) => dataset.row === id);

  // With every drawing: it is not said which one takes the row away.
  useEffect(() => {
    const went = gone.current;
    if (!went || indexOf(went.id) >= 0) return;
    gone.current = null;
    const left = rows();
    (left[went.index] ?? left.at(-1) ?? box.current)?.focus();
  });
  return { box, leaving: (id: string) => { gone.current = { id, index: indexOf(id) }; } };
}

/** The list itself, or what is said in its place. */
export function Rows({ box, empty, children }: { box: RefObject<HTMLDivElement>; empty: string; children: readonly ReactNode[] }) {
  return (
    <div className="list" ref={box} tabIndex={-1}>
      {children.length ? <ul className="rows">{children}</ul> : <p className="empty">{empty}</p>}
    </div>
  );
}

interface RowProps {
  id: string;
  sign: ReactNode;
  title: ReactNode;
  children: ReactNode;
  /** What can be done with it. */
  actions?: ReactNode;
}

export function Row({ id, sign, title, children, actions }: RowProps) {
  return (
    <li className="row" data-row={id} tabIndex={-1}>
      <span className="sign">{sign}</span>
      <div className="what">
        <h3>{title}</h3>
        {children}
      </div>
      {actions ? <div className="actions">{actions}</div> : null}
    </li>
  );
}
