import { type FocusEvent, type ReactNode, useEffect, useId, useRef } from 'react';
import { Check } from '../../login/parts/icons';

interface Props {
  title: string;
  lead?: string;
  /** What went well, said politely and seen here. */
  news?: string;
  danger?: boolean;
  children: ReactNode;
}

/**
 * Keeps focus where the person was. What they pressed may go away, a form that is done with for one, and the
 * browser would begin again at the top of the page.
 */
function useFocusHere() {
  const box = useRef<HTMLElement>(null);
  const here = useRef(false);
  // With every drawing: it is not said which one takes the focused element away.
  useEffect(() => {
    if (here.current && document.activeElement === document.body) box.current?.focus({ preventScroll: true });
  });
  const onFocus = () => { here.current = true; };
  // An element that is taken away says nothing, so this is the person going elsewhere.
  const onBlur = ({ relatedTarget }: FocusEvent) => { here.current = box.current?.contains(relatedTarget) ?? false; };
  return { ref: box, tabIndex: -1, onFocus, onBlur };
}

/** One matter of a page, with a heading of its own. */
export function Panel({ title, lead, news = '', danger = false, children }: Props) {
  const id = useId();
  const focus = useFocusHere();
  return (
    <section {...focus} className={danger ? 'panel danger' : 'panel'} aria-labelledby={id}>
      <div className="head">
        <h2 id={id}>{title}</h2>
        {lead ? <p className="lead">{lead}</p> : null}
      </div>
      <div role="status" className="news">
        {news ? <p className="notice"><Check /><span>{news}</span></p> : null}
      </div>
      {children}
    </section>
  );
}
