import { useTenant } from '../../me';
import { Log } from './Log';

/** What has happened in a tenant. */
export function Page() {
  return <Log tenant={useTenant()} />;
}
