// What went wrong with a request, as one class of error for all of the dashboard.

import { safeLink } from '../login/answer';

export interface Details {
  code: string;
  status: number;
  /** The part of the request that it is about, or ''. */
  field: string;
  /** The API's own sentence, in English. */
  title: string;
  /** Under which the logs know more. */
  reference: string;
  /** Where a person can go on, or ''. */
  next: string;
  /** Seconds to wait, or 0. */
  retryAfter: number;
}

export class Problem extends Error implements Details {
  readonly code: string;
  readonly status: number;
  readonly field: string;
  readonly title: string;
  readonly reference: string;
  readonly next: string;
  readonly retryAfter: number;

  constructor(code: string, details: Partial<Details> = {}) {
    super(details.title ?? code);
    this.name = 'Problem';
    this.code = code;
    this.status = details.status ?? 0;
    this.field = details.field ?? '';
    this.title = details.title ?? '';
    this.reference = details.reference ?? '';
    this.next = details.next ?? '';
    this.retryAfter = details.retryAfter ?? 0;
  }

  /** Whether the same request may succeed in a moment. */
  get passing() { return this.code === 'offline' || this.status === 502 || this.status === 503 || this.status === 504; }
}

const text = (value: unknown) => (typeof value === 'string' ? value : '');
const seconds = (value: unknown) => (typeof value === 'number' && value > 0 ? Math.ceil(value) : 0);

/** Reads a refusal (RFC 9457), whatever it came as. */
export async function problemOf(response: Response): Promise<Problem> {
  const read: unknown = await response.json().catch(() => null);
  const body = (typeof read === 'object' && read !== null ? read : {}) as Readonly<Record<string, unknown>>;
  const { status } = response;
  const other = status >= 502 && status <= 504 ? 'unavailable' : 'internal';
  return new Problem(text(body.code) || other, {
    status,
    field: text(body.field),
    title: text(body.title),
    reference: text(body.reference),
    next: safeLink(body.next),
    retryAfter: seconds(body.retry_after) || seconds(Number(response.headers.get('Retry-After'))),
  });
}

/** Any error as a problem: what is no answer of the API is a mistake of ours. */
export const asProblem = (error: unknown) => (error instanceof Problem ? error : new Problem('internal'));
