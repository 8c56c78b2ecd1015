// What was typed, and where, over the time it takes to sign in again. Only this tab sees it. Secrets are not kept:
// who calls `keep` leaves them out.

const entriesName = 'authway_admin';
const placeName = 'authway_admin_back';

// A browser that blocks storage throws; then there is nothing to come back to.
function quietly<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}

export function keep(what: string, entries: object = {}): void {
  quietly(() => { sessionStorage.setItem(entriesName, JSON.stringify({ what, entries })); });
}

/** What is kept under `what`; null if nothing is. */
export function kept(what: string): object | null {
  const found = quietly(() => JSON.parse(sessionStorage.getItem(entriesName) ?? 'null') as { what: string; entries: object } | null);
  return found?.what === what ? found.entries : null;
}

export function forget(): void {
  quietly(() => { sessionStorage.removeItem(entriesName); });
}

/** Notes the page that a sign-in interrupts. */
export function keepPlace(): void {
  quietly(() => { sessionStorage.setItem(placeName, location.pathname + location.search); });
}

/** The page that a sign-in interrupted, once; '' if none did. */
export function takePlace(): string {
  const place = quietly(() => sessionStorage.getItem(placeName)) ?? '';
  quietly(() => { sessionStorage.removeItem(placeName); });
  return place.startsWith('/admin/') ? place : '';
}
