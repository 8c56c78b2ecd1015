import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { api, ask, type Schemas } from '../../api';
import { useMay, useTenant } from '../../me';
import { PageHead } from '../../parts/PageHead';
import { Panel } from '../../parts/Panel';
import { Badge, Time } from '../../parts/small';
import { Forbidden, Loaded } from '../../parts/states';
import { type Column, Table } from '../../parts/Table';
import { filters, text, useFilters } from '../../search';
import { Begin } from './Begin';
import { Under } from './Under';
import { useText } from './texts';

type Import = Schemas['Import'];

const search = filters({ import: text });

/** Takes in a file of accounts: a trial first, then the run. Which import is looked at stands in the address, so that it is found again after a reload. */
export function Page() {
  const { t } = useText();
  const tenant = useTenant();
  const [{ import: id = '' }, show] = useFilters(search);
  const mayChange = useMay('operator');
  return (
    <>
      <PageHead title={t('title')} lead={t('lead')} up={<Link to="/t/$tenant/users" params={{ tenant }}>{t('users')}</Link>} />
      {id ? <Under key={id} id={id} onOther={(next) => { show({ import: next }); }} /> : null}
      {!id && mayChange ? <Begin onBegun={(next) => { show({ import: next }); }} /> : null}
      {!id && !mayChange ? <Forbidden /> : null}
      <Before of={id} onShow={(next) => { show({ import: next }); }} />
    </>
  );
}

/** The imports of the last days. */
function Before({ of, onShow }: { of: string; onShow: (id: string) => void }) {
  const { t, texts } = useText();
  const tenant = useTenant();
  const query = useQuery({
    queryKey: ['t', tenant, 'imports'],
    queryFn: ({ signal }) => ask(api.GET('/tenants/{tenant}/imports', { params: { path: { tenant }, query: { limit: 10 } }, signal })),
  });
  const columns: readonly Column<Import>[] = [
    {
      id: 'name',
      head: t('file'),
      cell: ({ id, name }) => (
        <Link to="/t/$tenant/users/import" params={{ tenant }} search={{ import: id } as never} onClick={(event) => { event.preventDefault(); onShow(id); }}>
          <bdi>{name || t('unnamed')}</bdi>
        </Link>
      ),
    },
    { id: 'state', head: t('state'), cell: ({ state, dryRun }) => <span className="actions"><Badge>{texts.states[state]}</Badge>{dryRun ? <Badge>{t('trial')}</Badge> : null}</span> },
    { id: 'created', head: t('created'), end: true, cell: ({ created }) => created },
    { id: 'failed', head: t('failed'), end: true, cell: ({ failed }) => failed },
    { id: 'at', head: t('begun'), cell: ({ createdAt }) => <Time at={createdAt} /> },
  ];
  return (
    <Panel title={t('before')}>
      <Loaded query={query}>
        {({ items }) => <Table caption={t('before')} columns={columns} rows={items.filter(({ id }) => id !== of)} keyOf={({ id }) => id} empty={t('none')} />}
      </Loaded>
    </Panel>
  );
}
