// The first request of the dashboard. It is an entry of its own so that it does not wait for React to arrive.

import { api, ask } from './api';

export const me = ask(api.GET('/me'));
// Who reads it comes later, and is told then.
me.catch(() => undefined);
