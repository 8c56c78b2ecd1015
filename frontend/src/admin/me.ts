import { useQuery } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import { api, ask, type Me, type Role } from './api';
import { usePart } from './path';

let early: Promise<Me> | null = null;

/** Hands over the request that left before React came. */
export function expect(me: Promise<Me>): void {
  early = me;
}

/** Who is at the keyboard. */
export function useMeQuery() {
  return useQuery({
    queryKey: ['me'],
    queryFn: () => {
      const answer = early ?? ask(api.GET('/me'));
      early = null;
      return answer;
    },
    staleTime: 60_000,
  });
}

export const MeContext = createContext<Me | null>(null);

/** Who is at the keyboard, on every page. */
export function useMe(): Me {
  const me = useContext(MeContext);
  if (!me) throw new Error('a page was drawn before it was known for whom');
  return me;
}

const ranks: Record<Role, number> = { viewer: 1, operator: 2, owner: 3 };
const rank = (role: Role | undefined) => (role ? ranks[role] : 0);

/** Whether `me` has at least the role, in a tenant or, without one, in the installation. */
export function may(me: Me, role: Role, tenant = ''): boolean {
  const here = tenant ? me.tenants.find(({ slug }) => slug === tenant)?.role : undefined;
  return Math.max(rank(me.system), rank(here)) >= ranks[role];
}

/** The slug of the page's tenant; '' on the pages of the installation. */
export const useTenant = () => usePart('tenant');

/** Whether the person may do here what needs the role: in the page's tenant, or in the installation. The API asks again. */
export function useMay(role: Role): boolean {
  return may(useMe(), role, useTenant());
}
