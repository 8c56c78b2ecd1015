// The first request of a static page. The functions may be asleep: whatever a person needs to type is time
// they wake in. It is an entry of its own so that it does not wait for React to arrive.

import { type Answer, problem, read } from './answer';

const ask = async (): Promise<Answer> => {
  try {
    const { page } = document.getElementById('root')?.dataset ?? {};
    const of = `?locale=${document.documentElement.lang}&page=${page}&`;
    return await read(await fetch(`/api/login/flow${location.search.replace(/^\?|^$/, of)}`, { headers: { Accept: 'application/json' } }));
  } catch {
    return problem('offline');
  }
};

const isStatic = document.getElementById('view') === null;

/** What the login function knows of this sign-in; null on a page it has drawn itself. */
export const flow = isStatic ? ask() : null;

if (isStatic) {
  for (const name of ['consent', 'token']) fetch(`/health/${name}`).catch(() => undefined);
}
