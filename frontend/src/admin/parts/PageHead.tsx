import { useMatch } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef } from 'react';

interface Props {
  title: string;
  lead?: ReactNode;
  /** A link to the page above this one. */
  up?: ReactNode;
  /** Buttons for the whole page. */
  actions?: ReactNode;
}

let before = '';

/** The heading of a page, which every page has once. It is the title of the tab, and has focus when the page takes the place of another. */
export function PageHead({ title, lead, up, actions }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  // Of its own route: the address changes while the page before is still there.
  const path = useMatch({ strict: false, select: ({ pathname }) => pathname });
  useEffect(() => { document.title = `${title} · Authway`; }, [title]);
  useEffect(() => {
    if (before && before !== path) heading.current?.focus({ preventScroll: true });
    before = path;
  }, [path]);
  return (
    <header className="top">
      <div className="titles">
        {up ? <p className="up">{up}</p> : null}
        <h1 ref={heading} tabIndex={-1}>{title}</h1>
        {lead ? <p className="lead">{lead}</p> : null}
      </div>
      {actions ? <div className="actions">{actions}</div> : null}
    </header>
  );
}
