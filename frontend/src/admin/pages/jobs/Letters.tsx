import { useQuery, useQueryClient } from '@tanstack/react-query';
import { api, ask, type Schemas } from '../../api';
import { useMay } from '../../me';
import { Button } from '../../parts/Button';
import { Pager } from '../../parts/Pager';
import { Panel } from '../../parts/Panel';
import { Badge, Code, Time } from '../../parts/small';
import { Loaded } from '../../parts/states';
import { type Column, Table } from '../../parts/Table';
import { Trouble } from '../../parts/Trouble';
import { useAction } from '../../useAction';
import { useText } from './texts';

type Letter = Schemas['Letter'];

/** Events that were given up on. */
export function Letters({ cursor }: { cursor: string | undefined }) {
  const { t, texts } = useText();
  const client = useQueryClient();
  const action = useAction();
  const maySee = useMay('operator');
  const query = useQuery({
    queryKey: ['system', 'dead-letters', cursor],
    queryFn: ({ signal }) => ask(api.GET('/dead-letters', { params: { query: { cursor } }, signal })),
  });
  const see = ({ id }: Letter) => {
    action.run(
      () => ask(api.POST('/dead-letters/{id}/seen', { params: { path: { id } }, body: {} })),
      () => Promise.all([['system', 'dead-letters'], ['system', 'jobs']].map((queryKey) => client.invalidateQueries({ queryKey }))),
    );
  };
  const columns: readonly Column<Letter>[] = [
    { id: 'at', head: t('receivedAt'), cell: ({ receivedAt }) => <Time at={receivedAt} /> },
    { id: 'job', head: t('job'), cell: ({ job }) => <Code>{job}</Code> },
    { id: 'type', head: t('eventType'), cell: ({ eventType }) => <Code>{eventType}</Code> },
    { id: 'source', head: t('eventSource'), cell: ({ eventSource }) => <Code>{eventSource}</Code> },
    { id: 'why', head: t('refusedWith'), cell: ({ destination, code, reason }) => <><Code>{`${code} ${reason}`.trim()}</Code> <span className="hint" dir="ltr">{destination}</span></> },
    {
      id: 'seen', head: t('seen'),
      cell: (letter) => {
        if (letter.seenAt) return <Time at={letter.seenAt} />;
        return maySee ? <Button onClick={() => { see(letter); }}>{t('markSeen')}</Button> : <Badge tone="warn">{t('unseen')}</Badge>;
      },
    },
  ];
  return (
    <Panel title={texts.tabs.letters} lead={t('lettersLead')}>
      <Trouble problem={action.problem} />
      <Loaded query={query}>
        {({ items, next }) => <><Table caption={texts.tabs.letters} columns={columns} rows={items} keyOf={({ id }) => id} empty={t('noLetters')} /><Pager next={next} /></>}
      </Loaded>
    </Panel>
  );
}
