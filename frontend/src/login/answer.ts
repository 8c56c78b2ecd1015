// The answers of the functions (problem+json of RFC 9457, or where to go) as a page uses them.

import { type Client, type Look, plainLook, type Provider } from './view';

export interface Problem {
  code: string;
  field: string;
  /** How long to wait before another try, or ''. */
  wait: string;
  reference: string;
  next: string;
}

export interface Flow {
  redirectTo: string;
  email: string;
  client: Client | null;
  flow: string;
  providers: readonly Provider[];
  look: Look;
  closed: boolean;
  least: number;
}

export interface Refusal {
  ok: false;
  problem: Problem;
}

export type Answer = { ok: true; flow: Flow } | Refusal;

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;
const text = (value: unknown) => (typeof value === 'string' ? value : '');

function resolve(link: string): URL | null {
  try {
    return new URL(link, location.href);
  } catch {
    return null;
  }
}

/** A link a page may follow: a name can come from anyone who may register a client, and React lets javascript: pass. */
export function safeLink(value: unknown): string {
  const link = text(value);
  return link && /^https?:$/.test(resolve(link)?.protocol ?? '') ? link : '';
}

// The policy loads images from our own origin only; a logo from elsewhere would be a hole in the page.
export function ownImage(value: unknown): string {
  const link = safeLink(value);
  return link && resolve(link)?.origin === location.origin ? link : '';
}

function client(value: unknown): Client | null {
  if (!isObject(value)) return null;
  const id = text(value.id);
  return {
    id,
    name: text(value.name) || id,
    logo: ownImage(value.logo),
    uri: safeLink(value.uri),
    policy: safeLink(value.policy),
    terms: safeLink(value.terms),
  };
}

const providers = (value: unknown): Provider[] =>
  Array.isArray(value) ? value.filter(isObject).map(({ id, name }) => ({ id: text(id), name: text(name) })) : [];

export function problem(code: string, rest: Partial<Problem> = {}): Refusal {
  return { ok: false, problem: { code, field: '', wait: '', reference: '', next: '', ...rest } };
}

/** 0:42, 59:30 or 23:59:59, like Wait of the functions. */
function timer(seconds: number): string {
  if (seconds <= 0) return '';
  const two = (n: number) => String(n).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return `${hours ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`;
}

export async function read(response: Response): Promise<Answer> {
  const body: unknown = await response.json().catch(() => null);
  if (!isObject(body)) return problem(response.status >= 502 && response.status <= 504 ? 'unavailable' : 'internal');
  if (response.ok) {
    const flow = {
      redirectTo: safeLink(body.redirectTo),
      email: text(body.email),
      client: client(body.client),
      flow: text(body.flow),
      providers: providers(body.providers),
      look: { ...plainLook, ...(body.look as Partial<Look> | undefined) },
      closed: body.closed === true,
      least: Number(body.least) || 12,
    };
    return { ok: true, flow };
  }
  return problem(text(body.code) || 'internal', {
    field: text(body.field),
    wait: typeof body.retry_after === 'number' ? timer(body.retry_after) : '',
    reference: text(body.reference),
    next: safeLink(body.next),
  });
}
