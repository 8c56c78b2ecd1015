import { createContext, useContext } from 'react';
import type { Catalog, Translate } from './catalog';
import type { Dialect } from './dialect';
import type { View } from './view';

/** What every part of a page draws from. */
export interface Page {
  view: View;
  catalog: Catalog;
  t: Translate;
  dialect: Dialect;
  /** How many answers have been problems: the same problem twice is two pieces of news. */
  problems: number;
}

export const PageContext = createContext<Page | null>(null);

export function usePage(): Page {
  const page = useContext(PageContext);
  if (!page) throw new Error('a part was drawn outside a page');
  return page;
}

/** The text of the title bar. A rendered error leads it: it is what a screen reader says first after a plain form post. */
export function titleOf({ view, catalog, t, dialect }: Page): string {
  const titles = Object.fromEntries(Object.entries(catalog.messages).map(([code, text]) => [code, text.title]));
  const name = {
    login: () => t('signIn'),
    register: () => t('register'),
    consent: () => t('consent', { client: view.client.name }),
    logout: () => t('logout'),
    'signed-out': () => t('signedOut'),
    message: () => dialect.pick(view.alert, titles, catalog.messages.internal.title),
    continue: () => t('continueTitle'),
    unavailable: () => t('unavailable'),
    'not-found': () => t('notFound'),
  }[view.page]();
  const title = `${name} · Authway`;
  return view.page === 'message' ? title : dialect.either(view.alert, t('error', { title }), title);
}
