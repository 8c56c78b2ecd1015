import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask } from '../../api';
import { textOf } from '../../catalog';
import { useMay } from '../../me';
import { Button } from '../../parts/Button';
import { ConfirmDialog } from '../../parts/Dialog';
import { Pager } from '../../parts/Pager';
import { Panel } from '../../parts/Panel';
import { Badge, Code, Progress, Time } from '../../parts/small';
import { Loaded } from '../../parts/states';
import { type Column, Table } from '../../parts/Table';
import { say } from '../../toast';
import { Asked, tones } from './Asked';
import { type Job, type Run, runs, useJobs } from './data';
import { useText } from './texts';

const lasting = (seconds: number | undefined, locale: string) =>
  (seconds === undefined ? '–' : new Intl.NumberFormat(locale, { style: 'unit', unit: 'second', maximumFractionDigits: seconds < 10 ? 1 : 0 }).format(seconds));

/** How a run went, or how far it is. */
export function How({ run }: { run: Run | undefined }) {
  const { t, texts } = useText();
  if (!run) return <>–</>;
  if (runs(run)) return <Progress label={texts.outcomes.running} value={run.progress} max={1} />;
  return <><Badge tone={tones[run.outcome]}>{run.outcome === 'unfinished' ? t('ended') : texts.outcomes[run.outcome]}</Badge> <Time at={run.startedAt} /></>;
}

const useAbout = () => {
  const { texts } = useText();
  return ({ name, about }: Job) => textOf(texts.about, name.replace('.', '_')) || about;
};

/** The runs of one job. */
export function Runs({ job, cursor, onBack }: { job: string; cursor: string | undefined; onBack: () => void }) {
  const { t, texts } = useText();
  const all = useJobs();
  const about = useAbout();
  const one = all.data?.items.find(({ name }) => name === job);
  const query = useQuery({
    queryKey: ['system', 'jobs', job, cursor],
    queryFn: ({ signal }) => ask(api.GET('/jobs/{job}/runs', { params: { path: { job }, query: { cursor } }, signal })),
    refetchInterval: ({ state }) => (state.data?.items.some(runs) ? 2000 : false),
  });
  const columns: readonly Column<Run>[] = [
    { id: 'how', head: t('outcome'), cell: (run) => <How run={run} /> },
    { id: 'took', head: t('took'), cell: ({ seconds }) => lasting(seconds, document.documentElement.lang), end: true },
    { id: 'cause', head: t('cause'), cell: ({ requested }) => (requested ? t('asked') : t('scheduled')) },
    { id: 'summary', head: t('summary'), cell: ({ summary }) => summary || '–' },
  ];
  return (
    <Panel title={job} lead={one ? about(one) : undefined} actions={<Button onClick={onBack}>{t('allJobs')}</Button>}>
      {one?.request ? <><h3>{t('lastAsked')}</h3><Asked request={one.request} /></> : null}
      <Loaded query={query}>
        {({ items, next }) => <><Table caption={texts.tabs.jobs} columns={columns} rows={items} keyOf={({ id }) => id} empty={t('noRuns')} /><Pager next={next} /></>}
      </Loaded>
    </Panel>
  );
}

/** Everything that maintenance does, and a way to have it done now. */
export function Jobs({ onOpen }: { onOpen: (job: string) => void }) {
  const { t, texts } = useText();
  const client = useQueryClient();
  const mayRun = useMay('operator');
  const about = useAbout();
  const query = useJobs();
  const [asking, setAsking] = useState<Job | null>(null);
  const columns: readonly Column<Job>[] = [
    { id: 'name', head: t('job'), cell: (job) => <><Button kind="plain" onClick={() => { onOpen(job.name); }}><Code>{job.name}</Code></Button><p className="hint">{about(job)}</p></> },
    { id: 'last', head: t('last'), cell: ({ last, request }) => (request?.outcome === 'waiting' ? <Badge tone="warn">{texts.outcomes.waiting}</Badge> : <How run={last} />) },
    { id: 'summary', head: t('summary'), cell: ({ last }) => last?.summary || '–' },
    { id: 'success', head: t('success'), cell: ({ success }) => <Time at={success?.startedAt} /> },
    { id: 'next', head: t('nextLook'), cell: ({ nextAt }) => <Time at={nextAt} /> },
    ...(mayRun ? [{
      id: 'run', head: t('runNow'), quiet: true, end: true,
      cell: (job: Job) => <Button aria-label={t('runOne', { job: job.name })} onClick={() => { setAsking(job); }}>{t('runNow')}</Button>,
    }] : []),
  ];
  return (
    <>
      <Loaded query={query}>{({ items }) => <Table caption={texts.tabs.jobs} columns={columns} rows={items} keyOf={({ name }) => name} empty={t('noRuns')} />}</Loaded>
      {asking ? (
        <ConfirmDialog
          title={t('runAsk', { job: asking.name })} label={t('runNow')} reason="required"
          run={(reason) => ask(api.POST('/jobs/{job}/run', { params: { path: { job: asking.name } }, body: { reason } }))}
          onDone={async () => {
            setAsking(null);
            say(t('askedFor', { job: asking.name }));
            await client.invalidateQueries({ queryKey: ['system', 'jobs'] });
          }}
          onClose={() => { setAsking(null); }}
        >
          <p>{about(asking)}</p>
          <p className="hint">{t('runLead')}</p>
        </ConfirmDialog>
      ) : null}
    </>
  );
}
