import { useSyncExternalStore } from 'react';

export const pageNames = ['profile', 'security', 'sessions', 'apps', 'history', 'data'] as const;
export type PageName = (typeof pageNames)[number];

export const pathOf = (page: PageName) => (page === 'profile' ? '/account/' : `/account/${page}`);

/** The page of an address; null where there is none. */
export function pageAt(path: string): PageName | null {
  const name = path.replace(/^\/account\/?/, '').replace(/\/$/, '') || 'profile';
  return pageNames.find((page) => page === name) ?? null;
}

function subscribe(changed: () => void) {
  addEventListener('popstate', changed);
  return () => { removeEventListener('popstate', changed); };
}

/** The path of the address bar; '' in the static file, which is one for all paths, and while it hydrates. */
export const usePath = () => useSyncExternalStore(subscribe, () => location.pathname, () => '');

export function navigate(path: string): void {
  history.pushState(null, '', path);
  dispatchEvent(new PopStateEvent('popstate'));
  scrollTo(0, 0);
}

/** Where a person proves again who they are, and from where they come back to the page. */
export function signInPath(page: PageName, { tenant = '', fresh = false } = {}): string {
  const query = new URLSearchParams({ page });
  if (fresh) query.set('fresh', '1');
  if (tenant) query.set('tenant', tenant);
  return `/account/sign-in?${query.toString()}`;
}
