import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, ask, type Schemas } from '../../api';
import { useMay, useTenant } from '../../me';
import { Button } from '../../parts/Button';
import { ConfirmDialog } from '../../parts/Dialog';
import { Panel } from '../../parts/Panel';
import { Time } from '../../parts/small';
import { Loaded } from '../../parts/states';
import { type Column, Table } from '../../parts/Table';
import { say } from '../../toast';
import { useText } from './texts';

type Consent = Schemas['PersonConsent'];

/** What somebody has let applications do. */
export function Applications({ person }: { person: Schemas['Person'] }) {
  const { t } = useText();
  const tenant = useTenant();
  const client = useQueryClient();
  const mayChange = useMay('operator');
  const [asked, setAsked] = useState<Consent | null>(null);
  const path = { tenant, user: person.id };
  const key = ['t', tenant, 'users', person.id, 'consents'];
  const query = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => ask(api.GET('/tenants/{tenant}/users/{user}/consents', { params: { path }, signal })),
  });
  const columns: readonly Column<Consent>[] = [
    { id: 'name', head: t('application'), cell: ({ name, client: id }) => <bdi>{name || id}</bdi> },
    { id: 'scopes', head: t('scopes'), cell: ({ scopes }) => <code dir="ltr">{scopes.join(' ')}</code> },
    { id: 'since', head: t('since'), cell: ({ since }) => <Time at={since} /> },
    ...(mayChange ? [{
      id: 'take',
      head: t('take'),
      quiet: true,
      end: true,
      cell: (consent: Consent) => <Button kind="plain" aria-label={t('takeOf', { name: consent.name || consent.client })} onClick={() => { setAsked(consent); }}>{t('take')}</Button>,
    }] : []),
  ];
  return (
    <Panel title={t('applications')} lead={t('applicationsLead')}>
      <Loaded query={query}>
        {({ items }) => <Table caption={t('applications')} columns={columns} rows={items} keyOf={(consent) => consent.client} empty={t('noApplications')} />}
      </Loaded>
      {asked ? (
        <ConfirmDialog
          title={t('takeAsk', { name: asked.name || asked.client })}
          label={t('take')}
          danger
          run={(reason) => ask(api.POST('/tenants/{tenant}/users/{user}/consents/{client}/revoke', { params: { path: { ...path, client: asked.client } }, body: { reason } }))}
          onDone={async () => {
            setAsked(null);
            say(t('taken'));
            await client.invalidateQueries({ queryKey: key });
          }}
          onClose={() => { setAsked(null); }}
        >
          <p>{t('takeLead')}</p>
        </ConfirmDialog>
      ) : null}
    </Panel>
  );
}
