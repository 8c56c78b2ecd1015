import type { MouseEvent, ReactNode } from 'react';
import { Mark } from '../login/parts/icons';
import { own, plainLook } from '../login/view';
import { backTo } from './back';
import { useSite } from './context';
import { Icon } from './parts/icons';
import { navigate, type PageName, pageNames, pathOf } from './route';

/** A click that means this tab and nothing else. */
const isPlain = ({ button, metaKey, ctrlKey, shiftKey, altKey }: MouseEvent) =>
  button === 0 && !metaKey && !ctrlKey && !shiftKey && !altKey;

function Navigation({ current }: { current: PageName | null }) {
  const { catalog, t } = useSite();
  return (
    <nav className="pages" aria-label={t('navigation')}>
      <ul>
        {pageNames.map((page) => (
          <li key={page}>
            <a
              href={pathOf(page)}
              aria-current={page === current ? 'page' : undefined}
              onClick={(event) => {
                if (!isPlain(event)) return;
                event.preventDefault();
                navigate(pathOf(page));
              }}
            >
              <Icon name={page} />
              <span>{catalog.pages[page].name}</span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Back() {
  const { t } = useSite();
  const to = backTo();
  return to ? <a className="back" href={to}>{t('backTo', { place: new URL(to).host })}</a> : null;
}

export function Shell({ current, children }: { current: PageName | null; children: ReactNode }) {
  const { t, overview } = useSite();
  const { name, logo, accent } = overview?.tenant.look ?? plainLook;
  return (
    <div className="site">
      {/* The policy allows no style of the page's own: a colour is a style sheet that is named by it. */}
      {accent ? <link rel="stylesheet" href={`/login/brand/${accent}.css`} /> : null}
      <header className="bar">
        <a className="brand" href="/account/">{logo ? <img src={logo} alt="" /> : name === own ? <Mark /> : null}<span>{name}</span></a>
        {overview ? <p className="mail"><bdi>{overview.account.email}</bdi></p> : null}
        <a className="out" href="/oauth2/sessions/logout">{t('signOut')}</a>
      </header>
      <Navigation current={current} />
      <main className="content">
        <noscript><p className="alert">{t('noScript')}</p></noscript>
        {children}
        {overview ? <Back /> : null}
      </main>
    </div>
  );
}
