import { createContext, useContext } from 'react';
import type { Locale } from '../login/view';
import type { Catalog, Translate } from './catalog';
import type { en } from './locales/en';

/** What every part draws from. */
export interface Site {
  locale: Locale;
  catalog: Catalog;
  /** A text of the frame and the parts. A page has texts of its own. */
  t: Translate<(typeof en)['text']>;
}

export const SiteContext = createContext<Site | null>(null);

export function useSite(): Site {
  const site = useContext(SiteContext);
  if (!site) throw new Error('a part was drawn outside the dashboard');
  return site;
}
