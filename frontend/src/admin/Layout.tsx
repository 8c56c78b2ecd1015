import { type MouseEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { Mark } from '../login/parts/icons';
import { Icon } from './icons';
import { useSite } from './site';
import { useToasts } from './toast';

function Toasts() {
  return <div className="toasts" role="status">{useToasts().map(({ id, text }) => <p key={id}><Icon name="check" /><span>{text}</span></p>)}</div>;
}

/** What is around every page. The static file is this with nothing in it. `path` closes the menu when it changes. */
export function Layout({ side, path = '', children }: { side: ReactNode; path?: string; children: ReactNode }) {
  const { t } = useSite();
  const [openAt, setOpenAt] = useState<string | null>(null);
  const open = openAt === path;
  const main = useRef<HTMLElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open) return undefined;
    const close = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      setOpenAt(null);
      button.current?.focus();
    };
    addEventListener('keydown', close);
    return () => { removeEventListener('keydown', close); };
  }, [open]);
  const skip = (event: MouseEvent) => {
    event.preventDefault();
    main.current?.focus();
  };
  const brand = <a className="brand" href="/admin/"><Mark /><span>Authway</span></a>;
  return (
    <div className="site">
      <a className="skip" href="#content" onClick={skip}>{t('skip')}</a>
      <header className="banner">
        <div className="bar">
          {brand}
          <button ref={button} type="button" className="button quiet" aria-expanded={open} aria-controls="side" onClick={() => { setOpenAt(open ? null : path); }}>
            <Icon name={open ? 'close' : 'menu'} />{t('menu')}
          </button>
        </div>
        <div className="side" id="side" data-open={open}>{brand}{side}</div>
      </header>
      <main className="content" id="content" tabIndex={-1} ref={main}>
        <noscript><p className="alert">{t('noScript')}</p></noscript>
        {children}
      </main>
      <Toasts />
    </div>
  );
}
