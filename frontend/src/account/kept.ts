// What was typed, over the time it takes to sign in again. Only this tab sees it, and no secret is kept.

const name = 'authway_account';

interface Kept {
  what: string;
  entries: Record<string, string>;
}

// A browser that blocks storage throws; then there is nothing to come back to.
function quietly<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}

export function keep(what: string, entries: Record<string, string> = {}): void {
  quietly(() => { sessionStorage.setItem(name, JSON.stringify({ what, entries })); });
}

/** What is kept under `what`; null if nothing is. */
export function kept(what: string): Record<string, string> | null {
  const found = quietly(() => JSON.parse(sessionStorage.getItem(name) ?? 'null') as Kept | null);
  return found?.what === what ? found.entries : null;
}

export function forget(): void {
  quietly(() => { sessionStorage.removeItem(name); });
}
