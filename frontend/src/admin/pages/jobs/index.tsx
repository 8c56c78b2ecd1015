import { PageHead } from '../../parts/PageHead';
import { Tabs } from '../../parts/Tabs';
import { useFilters } from '../../search';
import { Backups } from './Backups';
import { useJobs } from './data';
import { Jobs, Runs } from './Jobs';
import { Letters } from './Letters';
import { jobsSearch } from './search';
import { useText } from './texts';

/** What maintenance does and did: its jobs, backups and what it was not told. */
export function Page() {
  const { t, texts } = useText();
  const [{ tab = 'jobs', job, cursor }, setFilter] = useFilters(jobsSearch);
  const jobs = useJobs();
  const letters = jobs.data?.deadLetters ?? 0;
  return (
    <>
      <PageHead title={t('title')} lead={t('lead')} />
      <Tabs
        label={t('title')}
        value={tab}
        tabs={[
          { id: 'jobs', label: texts.tabs.jobs },
          { id: 'backups', label: texts.tabs.backups },
          { id: 'letters', label: letters ? t('lettersCount', { count: letters }) : texts.tabs.letters },
        ]}
        onChange={(next) => { setFilter({ tab: next === 'jobs' ? undefined : next, job: undefined }); }}
      >
        {tab === 'jobs' && job ? <Runs job={job} cursor={cursor} onBack={() => { setFilter({ job: undefined }); }} /> : null}
        {tab === 'jobs' && !job ? <Jobs onOpen={(name) => { setFilter({ job: name }); }} /> : null}
        {tab === 'backups' ? <Backups /> : null}
        {tab === 'letters' ? <Letters cursor={cursor} /> : null}
      </Tabs>
    </>
  );
}
