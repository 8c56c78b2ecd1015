import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, ask } from '../../api';
import { useTenant } from '../../me';
import { PageHead } from '../../parts/PageHead';
import { Panel } from '../../parts/Panel';
import { filters, text, useFilters } from '../../search';
import { AdministratorTable, GiveRole } from '../administrators/AdministratorTable';
import { Roles } from './Roles';
import { useText } from './texts';

const search = filters({ cursor: text });

/** Who administers a tenant, and which roles its applications are told of. */
export function Page() {
  const { t } = useText();
  const tenant = useTenant();
  const [{ cursor }] = useFilters(search);
  const query = useQuery({
    queryKey: ['t', tenant, 'administrators', cursor],
    queryFn: ({ signal }) => ask(api.GET('/tenants/{tenant}/administrators', { params: { path: { tenant }, query: { cursor } }, signal })),
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <PageHead title={t('title')} />
      <Panel title={t('administrators')} lead={t('administratorsLead')} actions={<GiveRole />}><AdministratorTable query={query} /></Panel>
      <Roles />
    </>
  );
}
