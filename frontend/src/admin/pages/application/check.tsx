// What the rules of registration say of what is being typed: the API's own, asked a moment after the last key.

import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { api, ask, type Schemas } from '../../api';
import { textOf } from '../../catalog';
import { Icon } from '../../icons';
import { useTenant } from '../../me';
import { asProblem, Problem } from '../../problem';
import { useText } from './texts';

export type Draft = Schemas['ApplicationDraft'];
export type Finding = Schemas['ApplicationFinding'];

const pause = 400;
const none: readonly Finding[] = [];

function useLater<T>(value: T, after: number): T {
  const [later, setLater] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => { setLater(value); }, after);
    return () => { clearTimeout(timer); };
  }, [value, after]);
  return later;
}

/** The findings; `null` asks nothing. */
export function useCheck(draft: Draft | null): readonly Finding[] {
  const tenant = useTenant();
  const text = useLater(draft ? JSON.stringify(draft) : '', pause);
  const { data } = useQuery({
    queryKey: ['t', tenant, 'application-check', text],
    queryFn: ({ signal }) => ask(api.POST('/tenants/{tenant}/applications/check', { params: { path: { tenant } }, body: JSON.parse(text) as Draft, signal })),
    enabled: text !== '',
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    retry: false,
    placeholderData: (before) => before,
  });
  return data?.findings ?? none;
}

interface Props {
  findings: readonly Finding[];
  field: string;
  /** What the numbers behind a field's name stand for. */
  lines?: readonly string[];
  /** Passes over what is missing because nothing has been typed yet. */
  fresh?: boolean;
}

/** What is wrong with one field, read out as it is found. */
export function Findings({ findings, field, lines = [], fresh = false }: Props) {
  const { texts } = useText();
  const mine = findings.filter(({ field: of, code }) => (of === field || of.startsWith(`${field}.`)) && !(fresh && code === 'uri_missing'));
  return (
    <span role="status" className="findings" data-findings={field}>
      {mine.map(({ field: of, code, level, title }) => {
        const line = lines[Number.parseInt(of.slice(field.length + 1), 10)];
        return (
          <span key={`${of} ${code}`} className={level === 'error' ? 'error' : 'warning'}>
            <Icon name="warning" />
            <span>{line ? <><code dir="ltr">{line}</code> </> : null}{textOf(texts.alerts, code) || title}</span>
          </span>
        );
      })}
    </span>
  );
}

/** A problem at the field that is on the page: a list is one field. */
export function atField(error: unknown): Problem {
  const problem = asProblem(error);
  if (!problem.field.includes('.')) return problem;
  const { code, status, title, reference, next, retryAfter } = problem;
  return new Problem(code, { status, title, reference, next, retryAfter, field: problem.field.split('.')[0] });
}
