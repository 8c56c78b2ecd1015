import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { api, ask, type Schemas } from '../../api';
import { textOf } from '../../catalog';
import { useTenant } from '../../me';
import { Diff } from '../../parts/Diff';
import { Pager } from '../../parts/Pager';
import { Panel } from '../../parts/Panel';
import { Badge, Code, Time } from '../../parts/small';
import { Loaded } from '../../parts/states';
import { type Column, Table } from '../../parts/Table';
import { useFilters } from '../../search';
import { userSearch } from './search';
import { useText } from './texts';

type Event = Schemas['PersonEvent'];

/** What was done to an account, and by its person. */
export function History({ person }: { person: Schemas['Person'] }) {
  const { t } = useText();
  const tenant = useTenant();
  const [{ cursor }] = useFilters(userSearch);
  const query = useQuery({
    queryKey: ['t', tenant, 'users', person.id, 'history', cursor],
    queryFn: ({ signal }) => ask(api.GET('/tenants/{tenant}/users/{user}/history', { params: { path: { tenant, user: person.id }, query: { cursor } }, signal })),
    placeholderData: keepPreviousData,
  });
  const columns: readonly Column<Event>[] = [
    { id: 'at', head: t('when'), cell: ({ at }) => <Time at={at} /> },
    { id: 'what', head: t('what'), cell: (event) => <What event={event} /> },
    { id: 'who', head: t('who'), cell: (event) => <Who event={event} person={person} /> },
    { id: 'ip', head: t('ip'), cell: ({ ip }) => (ip ? <bdi>{ip}</bdi> : '–') },
  ];
  return (
    <Panel title={t('history')} lead={t('historyLead')}>
      <Loaded query={query}>
        {({ items, next }) => <><Table caption={t('history')} columns={columns} rows={items} keyOf={({ id }) => id} empty={t('noHistory')} /><Pager next={next} /></>}
      </Loaded>
    </Panel>
  );
}

/** Details are written by the API as JSON; what is none is shown as it is. */
function read(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '{}');
  } catch {
    return text;
  }
}

function What({ event: { action, outcome, client, detail } }: { event: Event }) {
  const { t, texts } = useText();
  const { reason, before, after } = detail;
  const name = textOf(texts.events, action);
  return (
    <div className="said">
      <span className="actions">
        {name ? <span>{name}</span> : <Code>{action}</Code>}
        {outcome === 'failure' ? <Badge tone="bad">{t('failed')}</Badge> : null}
      </span>
      {client ? <span className="hint">{t('at', { client })}</span> : null}
      {reason ? <span className="hint"><bdi>{reason}</bdi></span> : null}
      {before || after ? <details><summary>{t('details')}</summary><Diff before={read(before)} after={read(after)} /></details> : null}
    </div>
  );
}

function Who({ event: { actor, actorKind, subject }, person }: { event: Event; person: Schemas['Person'] }) {
  const { t } = useText();
  const tenant = useTenant();
  if (actorKind === 'system') return <>{t('bySystem')}</>;
  if (actorKind === 'anonymous') return <>{t('byAnybody')}</>;
  if (actorKind === 'client') return <Code>{actor}</Code>;
  if (actor !== person.id) return <Link to="/t/$tenant/users/$id" params={{ tenant, id: actor }}>{t('byAdministrator')}</Link>;
  if (subject === person.id || !subject) return <>{t('byThemselves')}</>;
  return <Link to="/t/$tenant/users/$id" params={{ tenant, id: subject }}>{t('toSomebody')}</Link>;
}
