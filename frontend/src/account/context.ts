import { createContext, useContext } from 'react';
import type { Translate } from '../login/catalog';
import type { Locale } from '../login/view';
import type { Overview } from './api';
import type { Catalog } from './catalog';
import type { PageName } from './route';

/** What every part of the account's pages draws from. */
export interface Site {
  locale: Locale;
  catalog: Catalog;
  t: Translate<Catalog>;
  /** The page that is shown; the first one in the static file. */
  page: PageName;
  /** What is known of the account; null until it is. */
  overview: Overview | null;
  /** Asks again for the overview, after a change. */
  reload: () => Promise<void>;
  /** Leaves for the sign-in, because there is no session any more. */
  signIn: () => void;
}

export const SiteContext = createContext<Site | null>(null);

export function useSite(): Site {
  const site = useContext(SiteContext);
  if (!site) throw new Error('a part was drawn outside the account');
  return site;
}

/** The account, on a page that is drawn only when it is known. */
export function useOverview(): Overview {
  const { overview } = useSite();
  if (!overview) throw new Error('a page was drawn before its account was known');
  return overview;
}
