import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, ask } from '../../api';
import { PageHead } from '../../parts/PageHead';
import { filters, text, useFilters } from '../../search';
import { AdministratorTable, GiveRole } from './AdministratorTable';
import { useText } from './texts';

const search = filters({ cursor: text });

/** Everybody who administers anything. */
export function Page() {
  const { t } = useText();
  const [{ cursor }] = useFilters(search);
  const query = useQuery({
    queryKey: ['system', 'administrators', cursor],
    queryFn: ({ signal }) => ask(api.GET('/administrators', { params: { query: { cursor } }, signal })),
    placeholderData: keepPreviousData,
  });
  return (
    <>
      <PageHead title={t('title')} lead={t('lead')} actions={<GiveRole />} />
      <AdministratorTable query={query} />
    </>
  );
}
