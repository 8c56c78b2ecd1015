import { useQuery } from '@tanstack/react-query';
import { api, ask, type Schemas } from '../../api';
import { DefinitionList, Panel } from '../../parts/Panel';
import { Badge, Code, Time } from '../../parts/small';
import { Loaded } from '../../parts/states';
import { Table } from '../../parts/Table';
import { useSite } from '../../site';
import { How } from './Jobs';
import { useText } from './texts';

type Drill = Schemas['Drill'];

/** How backups went, and what restores for practice have proved. */
export function Backups() {
  const { t } = useText();
  const { locale } = useSite();
  const query = useQuery({ queryKey: ['system', 'backups'], queryFn: ({ signal }) => ask(api.GET('/backups', { signal })) });
  const lasting = (seconds: number) => new Intl.NumberFormat(locale, { style: 'unit', unit: 'second', maximumFractionDigits: 0 }).format(seconds);
  return (
    <Loaded query={query}>
      {({ kinds, restorableUntil, drills }) => (
        <>
          <Panel title={t('backups')} lead={t('backupsLead')}>
            <DefinitionList items={[{ label: t('restorable'), value: restorableUntil ? <Time at={restorableUntil} /> : t('noBackup') }]} />
            <Table
              caption={t('backups')}
              rows={kinds}
              keyOf={({ job }) => job}
              empty={t('noRuns')}
              columns={[
                { id: 'job', head: t('job'), cell: ({ job }) => <Code>{job}</Code> },
                { id: 'last', head: t('last'), cell: ({ last }) => <How run={last} /> },
                { id: 'summary', head: t('summary'), cell: ({ last }) => last?.summary ?? '–' },
                { id: 'success', head: t('success'), cell: ({ success }) => <Time at={success?.startedAt} /> },
              ]}
            />
          </Panel>
          <Panel title={t('drills')} lead={t('drillsLead')}>
            <Table<Drill>
              caption={t('drills')}
              rows={drills}
              keyOf={({ id }) => id}
              empty={t('noDrills')}
              columns={[
                { id: 'at', head: t('finishedAt'), cell: ({ finishedAt }) => <Time at={finishedAt} /> },
                { id: 'how', head: t('outcome'), cell: ({ succeeded }) => <Badge tone={succeeded ? 'good' : 'bad'}>{t(succeeded ? 'proved' : 'notProved')}</Badge> },
                { id: 'target', head: t('target'), cell: ({ target }) => <Time at={target} /> },
                { id: 'backup', head: t('backup'), cell: ({ backup }) => (backup ? <Code>{backup}</Code> : '–') },
                { id: 'rpo', head: t('rpo'), cell: ({ rpoSeconds }) => lasting(rpoSeconds), end: true },
                { id: 'rto', head: t('rto'), cell: ({ rtoSeconds }) => lasting(rtoSeconds), end: true },
                { id: 'summary', head: t('summary'), cell: ({ summary }) => summary },
              ]}
            />
          </Panel>
        </>
      )}
    </Loaded>
  );
}
