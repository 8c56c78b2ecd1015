import { useInfiniteQuery } from '@tanstack/react-query';
import { api, ask, type Schemas } from '../../api';
import { textOf } from '../../catalog';
import { useTenant } from '../../me';
import { Button } from '../../parts/Button';
import { type Column, Table } from '../../parts/Table';
import { Trouble } from '../../parts/Trouble';
import { asProblem } from '../../problem';
import { useText } from './texts';

type Finding = Schemas['ImportFinding'];

/** What is to be said of single lines. */
export function Findings({ of }: { of: Schemas['Import'] }) {
  const { t, texts } = useText();
  const tenant = useTenant();
  const query = useInfiniteQuery({
    // What was found so far belongs to how far it is.
    queryKey: ['t', tenant, 'imports', of.id, 'findings', of.state, of.failed + of.skipped > 0],
    queryFn: ({ pageParam, signal }) =>
      ask(api.GET('/tenants/{tenant}/imports/{id}/findings', { params: { path: { tenant, id: of.id }, query: { limit: 100, cursor: pageParam } }, signal })),
    initialPageParam: '',
    getNextPageParam: ({ next }) => next || undefined,
  });
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? [];
  const columns: readonly Column<Finding>[] = [
    { id: 'line', head: t('line'), end: true, cell: ({ line }) => line },
    { id: 'field', head: t('field'), cell: ({ field }) => (field ? <code dir="ltr">{field}</code> : '–') },
    { id: 'what', head: t('finding'), cell: ({ code, message }) => textOf(texts.findings, code) || message },
  ];
  if (query.error) return <Trouble problem={asProblem(query.error)} retry={() => { void query.refetch(); }} still />;
  if (!rows.length) return null;
  return (
    <>
      <Table caption={t('findingsTitle')} columns={columns} rows={rows} keyOf={({ line, code, field }) => `${String(line)} ${code} ${field ?? ''}`} empty={t('none')} />
      {query.hasNextPage ? <Button busy={query.isFetchingNextPage} onClick={() => { void query.fetchNextPage(); }}>{t('more')}</Button> : null}
    </>
  );
}
