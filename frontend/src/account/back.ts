// The way back to where somebody came from, which a sign-in in between would forget.

const name = 'authway_account_back';

/** Notes where the browser came from, unless that is one of our own pages, or a provider on the way of a sign-in. */
export function noteBack(): void {
  const from = document.referrer;
  const [arrival] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  if (arrival?.redirectCount) return;
  if (!/^https?:/.test(from) || new URL(from).origin === location.origin) return;
  try {
    sessionStorage.setItem(name, from);
  } catch {
    // A browser that blocks storage has its own back button.
  }
}

/** Where that was; '' if it is not known. */
export function backTo(): string {
  try {
    return sessionStorage.getItem(name) ?? '';
  } catch {
    return '';
  }
}
