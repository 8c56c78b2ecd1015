import { languages } from '../login/catalog';
import type { Locale, PageName } from '../login/view';

export interface Assets {
  icon: string;
  style: string;
  /** Modules to run, in order, and those they import. */
  scripts: readonly string[];
  preloads: readonly string[];
}

export interface Document {
  page: PageName | 'account' | 'admin';
  /** The code of what the page says, for support and tests: texts differ between languages. */
  alert?: string;
  locale: Locale;
  title: string;
  body: string;
  assets: Assets;
  /** Ready-made elements that only one kind of page has. */
  head?: string;
  data?: string;
}

/** The document around a page: nothing in it is a script or a style of its own, as the policy demands. */
export function document({ page, alert = '', locale, title, body, assets, head = '', data = '' }: Document): string {
  return [
    `<!doctype html><html lang="${locale}" dir="${languages[locale].dir}"><head><meta charset="utf-8">`,
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    `<title>${title}</title>`,
    '<meta name="robots" content="noindex"><meta name="color-scheme" content="light dark">',
    head,
    `<link rel="icon" href="${assets.icon}" type="image/svg+xml"><link rel="stylesheet" href="${assets.style}">`,
    ...assets.preloads.map((href) => `<link rel="modulepreload" href="${href}">`),
    ...assets.scripts.map((src) => `<script type="module" src="${src}"></script>`),
    `</head><body><div id="root" data-page="${page}" data-alert="${alert}">${body}</div>${data}</body></html>\n`,
  ].join('');
}
