// Draws every page of every locale twice: as a static file, and as a template for the functions.

import { renderToString } from 'react-dom/server';
import { App as Account } from '../account/App';
import type { Catalog as AccountCatalog } from '../account/catalog';
import { ar as arAccount } from '../account/locales/ar';
import { en as enAccount } from '../account/locales/en';
import { ko as koAccount } from '../account/locales/ko';
import { Still } from '../admin/App';
import type { Catalog as AdminCatalog } from '../admin/catalog';
import { ar as arAdmin } from '../admin/locales/ar';
import { en as enAdmin } from '../admin/locales/en';
import { ko as koAdmin } from '../admin/locales/ko';
import { App } from '../login/App';
import { type Catalog, translator, withSteps } from '../login/catalog';
import { browser, type Dialect } from '../login/dialect';
import { ar } from '../login/locales/ar';
import { en } from '../login/locales/en';
import { ko } from '../login/locales/ko';
import { ar as arSteps } from '../login/locales/steps/ar';
import { en as enSteps } from '../login/locales/steps/en';
import { ko as koSteps } from '../login/locales/steps/ko';
import { type Pages, titleOf } from '../login/page';
import { pages as formKinds } from '../login/pages';
import { plain } from '../login/pages/plain';
import { steps as stepKinds } from '../login/steps';
import { emptyView, formPages, type Locale, locales, type PageName, stepPages, type View } from '../login/view';
import { type Assets, document } from './document';
import { finish, go, symbolic } from './go';

export interface File {
  kind: 'static' | 'template';
  path: string;
  html: string;
}

/** What the build made for an entry (a module under src, or '' for a page without script), and the one that runs before it. */
export type AssetsOf = (entry: string, options?: { first?: string }) => Assets;

const catalogs: Record<Locale, Catalog> = { en, ko, ar };
const stepCatalogs = { en: withSteps(en, enSteps), ko: withSteps(ko, koSteps), ar: withSteps(ar, arSteps) };
const accountCatalogs: Record<Locale, AccountCatalog> = { en: enAccount, ko: koAccount, ar: arAccount };
const adminCatalogs: Record<Locale, AdminCatalog> = { en: enAdmin, ko: koAdmin, ar: arAdmin };
const plainKinds: Pages = { ...formKinds, ...plain };

const staticForms: PageName[] = ['login', 'register'];
const staticPlain: PageName[] = ['unavailable', 'not-found'];
const templatePlain: PageName[] = ['signed-out', 'continue'];

interface Drawing {
  title: string;
  body: string;
}

function draw<C extends Catalog>(view: View, pages: Pages<C>, catalog: C, dialect: Dialect): Drawing {
  const page = { view, catalog, t: translator(catalog, view.locale), dialect, problems: 0 };
  const body = renderToString(<App first={view} pages={pages} catalog={catalog} dialect={dialect} flow={null} />);
  return { title: titleOf(page, pages), body };
}

function staticFile(page: PageName, locale: Locale, assets: Assets): File {
  const { title, body } = draw(emptyView(page, locale), plainKinds, catalogs[locale], browser);
  const html = document({ page, locale, title, body, assets });
  if (html.includes('<!-- -->')) throw new Error(`${page}: two texts side by side`);
  return { kind: 'static', path: `${locale}/${page}.html`, html };
}

/** One file for all paths of the account: it shows the frame, and the script the page. */
function accountFile(locale: Locale, assets: Assets): File {
  const catalog = accountCatalogs[locale];
  const body = renderToString(<Account locale={locale} catalog={catalog} first={null} />);
  const html = document({ page: 'account', locale, title: `${catalog.pages.start.title} · Authway`, body, assets });
  return { kind: 'static', path: `${locale}/account.html`, html };
}

/** One file for all paths of the dashboard, as for the account. */
function adminFile(locale: Locale, assets: Assets): File {
  const catalog = adminCatalogs[locale];
  const body = renderToString(<Still locale={locale} catalog={catalog} />);
  // Where it finds this, react-aria adds no style of its own, which the policy would refuse; admin.css has the rule.
  const head = '<template id="react-aria-pressable-style"></template>';
  const html = document({ page: 'admin', locale, title: `${catalog.title} · Authway`, body, assets, head });
  return { kind: 'static', path: `${locale}/admin.html`, html };
}

function template(page: PageName, locale: Locale, { title, body }: Drawing, assets: Assets): File {
  const html = document({
    page,
    alert: '{{$.Alert}}',
    locale,
    title: finish(title),
    body: finish(body),
    assets,
    head: page === 'continue' ? '<meta http-equiv="refresh" content="0;url={{$.Next}}">' : '',
    data: assets.scripts.length ? '<script type="application/json" id="view">{{$}}</script>' : '',
  });
  return { kind: 'template', path: `${locale}/${page}.html`, html };
}

function filesOf(locale: Locale, assetsOf: AssetsOf): File[] {
  const form = (page: PageName) => draw(symbolic(page, locale), plainKinds, catalogs[locale], go);
  // A message can be that of a step.
  const step = (page: PageName) => draw(symbolic(page, locale), stepKinds, stepCatalogs[locale], go);
  return [
    ...staticForms.map((page) => staticFile(page, locale, assetsOf(`login/start/${locale}`, { first: 'login/wake' }))),
    ...staticPlain.map((page) => staticFile(page, locale, assetsOf(''))),
    accountFile(locale, assetsOf(`account/start/${locale}`, { first: 'account/first' })),
    adminFile(locale, assetsOf(`admin/start/${locale}`, { first: 'admin/first' })),
    ...formPages.map((page) => template(page, locale, form(page), assetsOf(`login/start/${locale}`))),
    ...templatePlain.map((page) => template(page, locale, form(page), assetsOf(''))),
    ...stepPages.map((page) => template(page, locale, step(page), assetsOf(`login/start/steps-${locale}`))),
    template('message', locale, step('message'), assetsOf('')),
  ];
}

export const files = (assetsOf: AssetsOf): File[] => locales.flatMap((locale) => filesOf(locale, assetsOf));
