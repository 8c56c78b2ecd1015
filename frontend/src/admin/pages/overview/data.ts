import { useQuery, useQueryClient } from '@tanstack/react-query';
import { api, ask, root, type Schemas } from '../../api';
import { useStream } from '../../useStream';

export type Overview = Schemas['Overview'];
type Minute = Schemas['OverviewMinute'];

const most = 60;

/** The minutes of before with those that are new, or null if some in between are missing. */
export function joined(before: readonly Minute[], fresh: readonly Minute[]): Minute[] | null {
  const first = fresh[0];
  if (!first) return [...before];
  const kept = before.filter(({ minute }) => Date.parse(minute) < Date.parse(first.minute));
  const last = kept.at(-1);
  if (!last || Date.parse(first.minute) - Date.parse(last.minute) > 60_000) return null;
  return [...kept, ...fresh].slice(-most);
}

/** The last hour of a tenant, or with '' of the installation, and how it goes on. */
export function useOverview(tenant: string) {
  const client = useQueryClient();
  const queryKey = tenant ? ['t', tenant, 'overview'] : ['system', 'overview'];
  const query = useQuery({
    queryKey,
    queryFn: ({ signal }) => (tenant ? ask(api.GET('/tenants/{tenant}/overview', { params: { path: { tenant } }, signal })) : ask(api.GET('/overview', { signal }))),
  });
  const poll = () => { void query.refetch(); };
  const take = (data: unknown) => {
    const fresh = data as Overview;
    const before = client.getQueryData<Overview>(queryKey);
    const minutes = before ? joined(before.minutes, fresh.minutes) : null;
    if (minutes) client.setQueryData<Overview>(queryKey, { ...fresh, minutes });
    else poll();
  };
  const stream = useStream(`${root}${tenant ? `/tenants/${tenant}` : ''}/overview/stream`, take, { event: 'overview', poll });
  return { query, stream };
}
