// The account's API, as the pages use it.

import { problem, read, type Refusal } from '../login/answer';
import type { Locale, Look } from '../login/view';

export interface Passkey {
  id: string;
  name: string;
  createdAt: string;
  usedAt: string | null;
  synced: boolean;
  /** What the browser knows it by. */
  credentialId: string;
}

export interface Identity {
  provider: string;
  name: string;
  email: string;
  linkedAt: string;
}

export interface Overview {
  account: { id: string; email: string; emailVerified: boolean; name: string; locale: Locale | ''; createdAt: string };
  /** `minPassword` is how many characters a new password has at least. */
  tenant: { slug: string; name: string; requireMfa: boolean; minPassword: number; look: Pick<Look, 'name' | 'logo' | 'accent'> };
  session: { id: string; authenticatedAt: string; freshUntil: string };
  pendingEmail: { address: string; resendAfter: number } | null;
  password: { set: boolean; changedAt: string | null };
  totp: { on: boolean; addedAt: string | null };
  recoveryCodes: { left: number; unread: boolean };
  passkeys: readonly Passkey[];
  identities: readonly Identity[];
  /** All that may be linked. */
  providers: readonly { id: string; name: string }[];
}

export interface Session {
  id: string;
  current: boolean;
  authenticatedAt: string;
  lastSeenAt: string;
  ip: string;
  browser: string;
  system: string;
  remembered: boolean;
  methods: readonly string[];
}

export interface Application {
  id: string;
  name: string;
  logo: string;
  uri: string;
  scopes: readonly string[];
  since: string;
}

export interface HistoryEvent {
  id: string;
  at: string;
  action: string;
  outcome: string;
  ip: string;
  client: string;
  methods: readonly string[];
  session: string;
  current: boolean;
}

export interface HistoryPage {
  events: readonly HistoryEvent[];
  /** Where older ones begin, or ''. */
  next: string;
}

export type Outcome<T> = { ok: true; value: T } | Refusal;

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

// As long as a cold function may take with its database cold too; then the person gets the page back.
const patience = 30_000;

async function refusal(response: Response): Promise<Refusal> {
  const answer = await read(response);
  return answer.ok ? problem('internal') : answer;
}

/** Asks the API. An answer without content has the value undefined. */
export async function call<T>(method: Method, path: string, body?: object): Promise<Outcome<T>> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (body) headers['Content-Type'] = 'application/json';
  try {
    const signal = AbortSignal.timeout(patience);
    const response = await fetch(path, { method, headers, body: body && JSON.stringify(body), signal });
    if (!response.ok) return await refusal(response);
    const text = await response.text();
    return { ok: true, value: (text ? JSON.parse(text) : undefined) as T };
  } catch (error) {
    return problem(error instanceof SyntaxError ? 'internal' : 'offline');
  }
}
