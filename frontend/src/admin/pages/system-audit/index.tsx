import { useState } from 'react';
import { useMay, useMe } from '../../me';
import { Button } from '../../parts/Button';
import { Log } from '../audit/Log';
import { useText } from './texts';
import { Verify } from './Verify';

/** What has happened anywhere. */
export function Page() {
  const { t } = useText();
  const { tenants } = useMe();
  const mayVerify = useMay('operator');
  const [verifying, setVerifying] = useState(false);
  const tenantOf = (id: string | undefined) => (id ? tenants.find((tenant) => tenant.id === id)?.slug ?? id : '–');
  return (
    <>
      <Log tenant="" tenantOf={tenantOf} actions={mayVerify ? <Button onClick={() => { setVerifying(true); }}>{t('verify')}</Button> : null} />
      {verifying ? <Verify onClose={() => { setVerifying(false); }} /> : null}
    </>
  );
}
