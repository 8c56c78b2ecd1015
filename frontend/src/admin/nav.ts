import type { IconName } from './icons';

/** A line of the navigation. `section` is what follows the tenant, or /system, in the address. */
export interface Line {
  section: string;
  icon: IconName;
}

/** The sections of a tenant. */
export const tenantLines: readonly Line[] = [
  { section: '', icon: 'overview' },
  { section: 'users', icon: 'users' },
  { section: 'invitations', icon: 'invitations' },
  { section: 'sessions', icon: 'sessions' },
  { section: 'applications', icon: 'applications' },
  { section: 'audit', icon: 'audit' },
  { section: 'access', icon: 'access' },
  { section: 'settings', icon: 'settings' },
];

/** The sections of the installation. */
export const systemLines: readonly Line[] = [
  { section: '', icon: 'overview' },
  { section: 'tenants', icon: 'tenants' },
  { section: 'administrators', icon: 'access' },
  { section: 'jobs', icon: 'jobs' },
  { section: 'keys', icon: 'keys' },
  { section: 'audit', icon: 'audit' },
];
