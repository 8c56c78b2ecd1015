import { useTenant } from '../../me';
import { PageHead } from '../../parts/PageHead';
import { Loaded } from '../../parts/states';
import { useOverview } from './data';
import { Hour } from './Hour';
import { Live } from './Live';
import { useText } from './texts';

/** How a tenant's last hour was, as it goes on. */
export function Page() {
  const { t } = useText();
  const { query, stream } = useOverview(useTenant());
  return (
    <>
      <PageHead title={t('title')} lead={t('lead')} actions={<Live {...stream} />} />
      <Loaded query={query}>{(overview) => <Hour overview={overview} />}</Loaded>
    </>
  );
}
