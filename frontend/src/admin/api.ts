// The administration API. `ask(api.GET(…))` gives the answer, or throws a Problem.

import createClient, { type Middleware } from 'openapi-fetch';
import type { components, paths } from './api.gen';
import { Problem, problemOf } from './problem';

export type Schemas = components['schemas'];
export type Role = Schemas['Role'];
export type Me = Schemas['Me'];

export const root = '/api/admin/v1';

// As long as a cold function may take with its database cold too.
const patience = 30_000;

const problems: Middleware = {
  onResponse: async ({ response }) => {
    if (!response.ok) throw await problemOf(response);
  },
  // A page that is left calls its questions off.
  onError: ({ error }) => (error instanceof DOMException && error.name === 'AbortError' ? error : new Problem('offline')),
};

// The address in full, because a Request outside a page knows no base.
const origin = typeof location === 'undefined' ? '' : location.origin;

export const api = createClient<paths>({
  baseUrl: origin + root,
  credentials: 'same-origin',
  headers: { Accept: 'application/json' },
  fetch: (request) => fetch(request, { signal: AbortSignal.any([request.signal, AbortSignal.timeout(patience)]) }),
});
api.use(problems);

/** What the API answered. */
export async function ask<T>(answer: Promise<{ data?: T; response: Response }>): Promise<T> {
  try {
    return (await answer).data as T;
  } catch (error) {
    // What was said to be JSON and is none.
    throw error instanceof SyntaxError ? new Problem('internal') : error;
  }
}
