import { Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useEffect } from 'react';
import { useAskedFactor } from './factor';
import { Layout } from './Layout';
import { MeContext, may, useMe, useMeQuery } from './me';
import { asProblem } from './problem';
import { Side } from './Side';
import { Waiting } from './Waiting';
import { usePart } from './path';

// What most people never see, and what is drawn with the parts.
const outside = () => import('./outside');
const Nowhere = lazy(async () => ({ default: (await outside()).Nowhere }));
const NotYours = lazy(async () => ({ default: (await outside()).NotYours }));
const Failed = lazy(async () => ({ default: (await outside()).Failed }));
const Factor = lazy(async () => ({ default: (await outside()).Factor }));

/** The root of every page: the frame, and in it the page once it is known for whom. */
export function Frame() {
  const query = useMeQuery();
  const path = useLocation({ select: ({ pathname }) => pathname });
  const asked = useAskedFactor();
  const me = query.data;
  const problem = query.error ? asProblem(query.error) : null;

  let content = <Waiting />;
  if (me) content = me.system || me.tenants.length ? <Outlet /> : <Nowhere />;
  else if (problem?.code === 'forbidden') content = <Nowhere />;
  // Without a session the page is being left.
  else if (problem && problem.code !== 'unauthenticated' && !query.isFetching) content = <Failed problem={problem} retry={() => { void query.refetch(); }} />;
  return (
    <MeContext.Provider value={me ?? null}>
      <Layout path={path} side={me ? <Side me={me} /> : null}>
        <Suspense fallback={<Waiting />}>
          {content}
        </Suspense>
        {/* Apart: what waits for it would hide the page, and with it the dialog that asked. */}
        <Suspense>{asked && me ? <Factor problem={asked} /> : null}</Suspense>
      </Layout>
    </MeContext.Provider>
  );
}

/** /admin/: the first tenant, or the installation for whom has none. */
export function Start() {
  const me = useMe();
  const navigate = useNavigate();
  const first = me.tenants[0]?.slug;
  const to = first ? `/t/${first}` : '/system';
  useEffect(() => { void navigate({ to: to as '/', replace: true }); }, [navigate, to]);
  return <Waiting />;
}

/** The pages of a tenant, for whom has a role there. */
export function TenantGate() {
  const tenant = usePart('tenant');
  return may(useMe(), 'viewer', tenant) ? <Outlet key={tenant} /> : <NotYours />;
}

/** The pages of the installation, for whom has a role for all of it. */
export function SystemGate() {
  return may(useMe(), 'viewer') ? <Outlet /> : <NotYours />;
}
