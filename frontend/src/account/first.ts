// The first request of the account's pages. It is an entry of its own so that it does not wait for React to arrive.

import { call, type Overview } from './api';

export const overview = call<Overview>('GET', '/api/account');
