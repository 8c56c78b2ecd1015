import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { leftFor } from './leave';
import { asProblem } from './problem';

const most = 2;

/** What the dashboard knows of the API. A key begins with ['t', slug] for a tenant and with ['system'] for the rest. */
export function newClient(): QueryClient {
  const onError = (error: unknown) => { leftFor(asProblem(error)); };
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        refetchOnWindowFocus: true,
        retry: (count, error) => count < most && asProblem(error).passing,
        retryDelay: (count, error) => asProblem(error).retryAfter * 1000 || 500 * 2 ** count,
      },
      mutations: { retry: false },
    },
  });
}
