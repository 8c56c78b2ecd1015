import { useQuery, useQueryClient } from '@tanstack/react-query';
import { api, ask, root, type Schemas } from '../../api';
import { useStream } from '../../useStream';
import type { AuditSearch } from './search';

export type Event = Schemas['AuditEvent'];
type Page = Schemas['AuditPage'];

// A page reads so much of the log and no more. What is rare is looked for further back without being asked.
const tries = 20;
const kept = 200;

/** The moment at which a day of the person's begins; `on` days later. */
export function startOf(date: string | undefined, on = 0): string | undefined {
  if (!date) return undefined;
  const at = new Date(`${date}T00:00`);
  at.setDate(at.getDate() + on);
  return at.toISOString();
}

/** What is looked for, whenever. An action without a dot is the beginning of many. */
export const filterOf = ({ action, actor, subject, client, ip, requestId, outcome }: AuditSearch) =>
  ({ actor, subject, client, ip, requestId, outcome, action: action && !action.includes('.') ? `${action}.` : action });

/** The same, and when. */
export const spanOf = (search: AuditSearch) => ({ ...filterOf(search), from: startOf(search.from), to: startOf(search.to, 1) });

export const pathOf = (tenant: string) => `${root}${tenant ? `/tenants/${encodeURIComponent(tenant)}` : ''}/audit`;

/** The parameters of an address. */
export const written = (query: Readonly<Record<string, string | undefined>>) =>
  new URLSearchParams(Object.entries(query).flatMap(([name, value]) => (value ? [[name, value]] : []))).toString();

const newestFirst = (a: Event, b: Event) => (a.at === b.at ? (a.id < b.id ? 1 : -1) : Date.parse(b.at) - Date.parse(a.at));

/** Rows with those that are new; each once, however often it was told. */
export function withFresh(rows: readonly Event[], fresh: readonly Event[]): Event[] {
  const known = new Set(rows.map(({ id }) => id));
  return [...fresh.filter(({ id }) => !known.has(id)), ...rows].sort(newestFirst).slice(0, kept);
}

async function read(tenant: string, search: AuditSearch, signal: AbortSignal): Promise<Page> {
  let query = { ...spanOf(search), cursor: search.cursor };
  for (let left = tries; ; left -= 1) {
    const page = tenant
      ? await ask(api.GET('/tenants/{tenant}/audit', { params: { path: { tenant }, query }, signal }))
      : await ask(api.GET('/audit', { params: { query }, signal }));
    if (page.items.length || !page.next || left === 0) return page;
    query = { ...query, cursor: page.next };
  }
}

/** A page of the log of a tenant, or with '' of the installation, and what is written while it is followed. */
export function useLog(tenant: string, search: AuditSearch) {
  const client = useQueryClient();
  const live = search.live === 'on';
  const queryKey = [...(tenant ? ['t', tenant] : ['system']), 'audit', search];
  const query = useQuery({ queryKey, queryFn: ({ signal }) => read(tenant, search, signal) });
  const take = (data: unknown) => {
    client.setQueryData<Page>(queryKey, (page) => page && { ...page, items: withFresh(page.items, data as Event[]) });
  };
  const address = live && query.data ? `${pathOf(tenant)}/stream?${written(filterOf(search))}` : null;
  const stream = useStream(address, take, { event: 'events', resume: 'after', poll: () => { void query.refetch(); } });
  return { query, stream, live };
}
