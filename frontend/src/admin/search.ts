// What a page keeps in the query of its address: filters and the cursor. A value that is none is left out, so a
// link from anywhere opens.

import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';

type Read<T extends string> = (value: string) => T | undefined;
type Reads = Readonly<Record<string, Read<string>>>;

/** Free text up to a length. */
export const text: Read<string> = (value) => (value && value.length <= 500 ? value : undefined);
export const oneOf = <T extends string>(...values: readonly T[]): Read<T> => (value) => values.find((each) => each === value);
/** A day, YYYY-MM-DD. */
export const day: Read<string> = (value) => (/^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value)) ? value : undefined);

export type Search<R extends Reads> = { [K in keyof R]?: R[K] extends Read<infer T> ? T : never };
export type Filters<R extends Reads> = (search: Readonly<Record<string, unknown>>) => Search<R>;

/** The parameters of a page, as its line in routes.tsx takes them and as `useFilters` gives them. */
export const filters = <R extends Reads>(reads: R): Filters<R> => (search) =>
  Object.fromEntries(
    Object.entries(reads).flatMap(([name, read]) => {
      const value = typeof search[name] === 'string' ? read(search[name]) : undefined;
      return value === undefined ? [] : [[name, value]];
    }),
  ) as Search<R>;

/** What the address says, and a way to change it. A change of a filter begins again at the first page. */
export function useFilters<R extends Reads>(read: Filters<R>): [Search<R>, (change: Search<R>) => void] {
  const search: Readonly<Record<string, unknown>> = useSearch({ strict: false });
  const values = useMemo(() => read(search), [read, search]);
  const navigate = useNavigate();
  const set = useCallback((change: Search<R>) => {
    void navigate({
      to: '.',
      replace: true,
      search: ((before: object) => {
        const after: Record<string, unknown> = { ...before, cursor: undefined, ...change };
        return Object.fromEntries(Object.entries(after).filter(([, value]) => value));
      }) as never,
    });
  }, [navigate]);
  return [values, set];
}

export const parseSearch = (query: string) => Object.fromEntries(new URLSearchParams(query));

export function stringifySearch(search: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(search).filter((pair): pair is [string, string] => typeof pair[1] === 'string' && pair[1] !== '');
  return pairs.length ? `?${new URLSearchParams(pairs).toString()}` : '';
}
