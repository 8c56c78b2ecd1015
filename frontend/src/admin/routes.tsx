// Every page of the dashboard, one line each: its path, its folder below pages/, and what its address keeps.

import { createRootRoute, createRoute, createRouter, lazyRouteComponent, type RouterHistory } from '@tanstack/react-router';
import { Frame, Start, SystemGate, TenantGate } from './Frame';
import { page } from './page';
import { auditSearch } from './pages/audit/search';
import { jobsSearch } from './pages/jobs/search';
import { sessionsSearch } from './pages/sessions/search';
import { tenantsSearch } from './pages/tenants/search';
import { userSearch } from './pages/user/search';
import { usersSearch } from './pages/users/search';
import { filters, parseSearch, stringifySearch, text } from './search';
import { applicationSearch } from './pages/application/search';
import { applicationsSearch } from './pages/applications/search';
import { Waiting } from './Waiting';

const root = createRootRoute({ component: Frame });
const tenant = createRoute({ getParentRoute: () => root, path: '/t/$tenant', component: TenantGate });
const system = createRoute({ getParentRoute: () => root, path: '/system', component: SystemGate });
const inRoot = () => root;
const inTenant = () => tenant;
const inSystem = () => system;

// A page with parameters of its own puts them into its folder (search.ts) and names them here.
const listed = { search: filters({ cursor: text }) };

// Lists of their own: written inside addChildren, the paths would be lost to the types.
const tenantPages = [
  createRoute({ getParentRoute: inTenant, path: '/', ...page('overview', () => import('./pages/overview')) }),
  createRoute({ getParentRoute: inTenant, path: '/users', ...page('users', () => import('./pages/users'), { search: usersSearch }) }),
  createRoute({ getParentRoute: inTenant, path: '/users/import', ...page('user-import', () => import('./pages/user-import'), { search: filters({ import: text }) }) }),
  createRoute({ getParentRoute: inTenant, path: '/users/export', ...page('users-export', () => import('./pages/users-export'), { search: usersSearch, also: ['users'] }) }),
  createRoute({ getParentRoute: inTenant, path: '/users/$id', ...page('user', () => import('./pages/user'), { search: userSearch, also: ['users', 'sessions'] }) }),
  createRoute({ getParentRoute: inTenant, path: '/invitations', ...page('invitations', () => import('./pages/invitations'), listed) }),
  createRoute({ getParentRoute: inTenant, path: '/sessions', ...page('sessions', () => import('./pages/sessions'), { search: sessionsSearch }) }),
  createRoute({ getParentRoute: inTenant, path: '/applications', ...page('applications', () => import('./pages/applications'), { search: applicationsSearch }) }),
  createRoute({ getParentRoute: inTenant, path: '/applications/new', ...page('application-new', () => import('./pages/application-new'), { also: ['application'] }) }),
  createRoute({ getParentRoute: inTenant, path: '/applications/$id', ...page('application', () => import('./pages/application'), { search: applicationSearch }) }),
  createRoute({ getParentRoute: inTenant, path: '/audit', ...page('audit', () => import('./pages/audit'), { search: auditSearch, also: ['overview'] }) }),
  createRoute({ getParentRoute: inTenant, path: '/settings', ...page('settings', () => import('./pages/settings')) }),
  createRoute({ getParentRoute: inTenant, path: '/access', ...page('access', () => import('./pages/access'), { ...listed, also: ['administrators'] }) }),
] as const;

const systemPages = [
  createRoute({ getParentRoute: inSystem, path: '/', ...page('system', () => import('./pages/system'), { also: ['overview'] }) }),
  createRoute({ getParentRoute: inSystem, path: '/tenants', ...page('tenants', () => import('./pages/tenants'), { search: tenantsSearch }) }),
  createRoute({ getParentRoute: inSystem, path: '/administrators', ...page('administrators', () => import('./pages/administrators'), listed) }),
  createRoute({ getParentRoute: inSystem, path: '/jobs', ...page('jobs', () => import('./pages/jobs'), { search: jobsSearch }) }),
  createRoute({ getParentRoute: inSystem, path: '/keys', ...page('keys', () => import('./pages/keys'), { also: ['jobs'] }) }),
  createRoute({ getParentRoute: inSystem, path: '/audit', ...page('system-audit', () => import('./pages/system-audit'), { search: auditSearch, also: ['audit', 'overview'] }) }),
] as const;

const start = createRoute({ getParentRoute: inRoot, path: '/', component: Start });
const tree = root.addChildren([start, tenant.addChildren(tenantPages), system.addChildren(systemPages)]);

export const newRouter = (history?: RouterHistory) =>
  createRouter({
    routeTree: tree,
    history,
    basepath: '/admin',
    parseSearch,
    stringifySearch,
    scrollRestoration: true,
    defaultPendingComponent: Waiting,
    defaultPendingMs: 200,
    defaultNotFoundComponent: lazyRouteComponent(() => import('./outside'), 'NoSuchPage'),
    defaultErrorComponent: lazyRouteComponent(() => import('./outside'), 'Broken'),
  });

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof newRouter>;
  }
}
