// Draws every page of every locale twice: as a static file, and as a template for the functions.

import { renderToString } from 'react-dom/server';
import { App, type Pages } from '../login/App';
import { type Catalog, translator } from '../login/catalog';
import { browser, type Dialect } from '../login/dialect';
import { ar } from '../login/locales/ar';
import { en } from '../login/locales/en';
import { ko } from '../login/locales/ko';
import { titleOf } from '../login/page';
import { Consent } from '../login/pages/Consent';
import { Continue } from '../login/pages/Continue';
import { Login } from '../login/pages/Login';
import { Logout } from '../login/pages/Logout';
import { Message } from '../login/pages/Message';
import { NotFound } from '../login/pages/NotFound';
import { Register } from '../login/pages/Register';
import { SignedOut } from '../login/pages/SignedOut';
import { Unavailable } from '../login/pages/Unavailable';
import { emptyView, type Locale, locales, type PageName, type View } from '../login/view';
import { type Assets, document } from './document';
import { finish, go, symbolic } from './go';

export interface File {
  kind: 'static' | 'template';
  path: string;
  html: string;
}

/** What the build made: the addresses of a locale's assets. */
export type AssetsOf = (locale: Locale, need: { scripts: boolean; wake: boolean }) => Assets;

const catalogs: Record<Locale, Catalog> = { en, ko, ar };
const pages: Pages = {
  login: Login,
  register: Register,
  consent: Consent,
  logout: Logout,
  'signed-out': SignedOut,
  message: Message,
  continue: Continue,
  unavailable: Unavailable,
  'not-found': NotFound,
};
const staticPages: PageName[] = ['login', 'register', 'unavailable', 'not-found'];
const templates: PageName[] = ['login', 'register', 'consent', 'logout', 'signed-out', 'message', 'continue'];
// The others have nothing to press but a link.
const withForm: PageName[] = ['login', 'register', 'consent', 'logout'];

function draw(view: View, dialect: Dialect): { title: string; body: string } {
  const catalog = catalogs[view.locale];
  const page = { view, catalog, t: translator(catalog, view.locale), dialect, problems: 0 };
  const body = renderToString(<App first={view} pages={pages} catalog={catalog} dialect={dialect} flow={null} />);
  return { title: titleOf(page), body };
}

function staticFile(page: PageName, locale: Locale, assetsOf: AssetsOf): File {
  const { title, body } = draw(emptyView(page, locale), browser);
  const scripts = withForm.includes(page);
  const html = document({ page, locale, title, body, assets: assetsOf(locale, { scripts, wake: scripts }) });
  if (html.includes('<!-- -->')) throw new Error(`${page}: two texts side by side`);
  return { kind: 'static', path: `${locale}/${page}.html`, html };
}

function template(page: PageName, locale: Locale, assetsOf: AssetsOf): File {
  const { title, body } = draw(symbolic(page, locale), go);
  const scripts = withForm.includes(page);
  const html = document({
    page,
    alert: '{{$.Alert}}',
    locale,
    title: finish(title),
    body: finish(body),
    assets: assetsOf(locale, { scripts, wake: false }),
    head: page === 'continue' ? '<meta http-equiv="refresh" content="0;url={{$.Next}}">' : '',
    data: scripts ? '<script type="application/json" id="view">{{$}}</script>' : '',
  });
  return { kind: 'template', path: `${locale}/${page}.html`, html };
}

export function files(assetsOf: AssetsOf): File[] {
  return locales.flatMap((locale) => [
    ...staticPages.map((page) => staticFile(page, locale, assetsOf)),
    ...templates.map((page) => template(page, locale, assetsOf)),
  ]);
}
