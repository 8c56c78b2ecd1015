import { Link, useLocation, useNavigate } from '@tanstack/react-router';
import { useEffect, useId } from 'react';
import type { Me } from './api';
import { textOf } from './catalog';
import { Icon } from './icons';
import { may } from './me';
import { type Line, systemLines, tenantLines } from './nav';
import { useSite } from './site';
import { usePart } from './path';

const lastName = 'authway_admin_tenant';

function lastTenant(): string {
  try {
    return sessionStorage.getItem(lastName) ?? '';
  } catch {
    return '';
  }
}

/** The tenant of the page, or the one that was on the page before where a page has none. */
function useCurrentTenant(me: Me): string {
  const tenant = usePart('tenant');
  useEffect(() => {
    try {
      if (tenant) sessionStorage.setItem(lastName, tenant);
    } catch {
      // Then it is the first one again.
    }
  }, [tenant]);
  const last = lastTenant();
  if (tenant && may(me, 'viewer', tenant)) return tenant;
  return me.tenants.some(({ slug }) => slug === last) ? last : me.tenants[0]?.slug ?? '';
}

function Lines({ base, lines, names }: { base: string; lines: readonly Line[]; names: Readonly<Record<string, string>> }) {
  return (
    <ul>
      {lines.map(({ section, icon }) => {
        const to = section ? `${base}/${section}` : base;
        return (
          <li key={section}>
            <Link to={to as '/'} activeOptions={{ exact: !section, includeSearch: false }}>
              <Icon name={icon} /><span>{textOf(names, section || 'overview')}</span>
            </Link>
          </li>
        );
      })}
    </ul>
  );
}

function Tenants({ me, current }: { me: Me; current: string }) {
  const { t } = useSite();
  const id = useId();
  const navigate = useNavigate();
  const path = useLocation({ select: ({ pathname }) => pathname });
  const known = me.tenants.some(({ slug }) => slug === current);
  const turn = (slug: string) => {
    // The same section there; what is below it belongs to this tenant.
    const [, section = ''] = /^\/t\/[^/]+\/([^/]+)/.exec(path) ?? [];
    void navigate({ to: (section ? `/t/${slug}/${section}` : `/t/${slug}`) as '/' });
  };
  return (
    <div className="switch-tenant">
      <label htmlFor={id}>{t('tenant')}</label>
      <select id={id} value={current} onChange={({ target }) => { turn(target.value); }}>
        {known ? null : <option value={current}>{current}</option>}
        {me.tenants.map(({ slug, name }) => <option key={slug} value={slug}>{name}</option>)}
      </select>
    </div>
  );
}

/** The navigation, and who is at the keyboard. */
export function Side({ me }: { me: Me }) {
  const { catalog, t } = useSite();
  const tenant = useCurrentTenant(me);
  return (
    <>
      <nav aria-label={t('navigation')}>
        {tenant ? (
          <>
            <Tenants me={me} current={tenant} />
            <Lines base={`/t/${tenant}`} lines={tenantLines} names={catalog.sections} />
          </>
        ) : null}
        {me.system ? (
          <>
            <h2>{t('system')}</h2>
            <Lines base="/system" lines={systemLines} names={catalog.systemSections} />
          </>
        ) : null}
      </nav>
      <div className="person">
        <p><strong><bdi>{me.name || me.email}</bdi></strong>{me.name ? <bdi>{me.email}</bdi> : null}</p>
        <a href="/account/"><Icon name="users" />{t('account')}</a>
        <a href="/oauth2/sessions/logout"><Icon name="out" />{t('signOut')}</a>
        <p className="version" dir="ltr">Authway {me.version}</p>
      </div>
    </>
  );
}
