// A tenant's settings as they are typed, and back.

import type { Schemas } from '../../api';

export type Settings = Schemas['TenantSettings'];
export const languages = ['en', 'ko', 'ar'] as const;
export type Language = (typeof languages)[number];

export interface Draft {
  name: string;
  accent: string;
  /** A data: address, or the path of the one that is there. */
  logo: string;
  support: string;
  terms: string;
  privacy: string;
  welcome: Record<Language, string>;
  minPassword: string;
  requireMfa: boolean;
  registration: 'open' | 'invited';
  allProviders: boolean;
  providers: readonly string[];
  /** Minutes and hours, or '' for Authway's own. */
  idle: string;
  absolute: string;
}

const minute = 60;
const hour = 3600;
const per = (seconds: number | null, unit: number) => (seconds === null ? '' : String(seconds / unit));
const seconds = (text: string, unit: number) => (text ? Math.round(Number(text) * unit) : null);

export function draftOf({ name, look, demands, configured }: Settings): Draft {
  return {
    name,
    accent: look.accent,
    logo: look.logo,
    support: look.support,
    terms: look.terms,
    privacy: look.privacy,
    welcome: { en: look.welcome.en ?? '', ko: look.welcome.ko ?? '', ar: look.welcome.ar ?? '' },
    minPassword: String(demands.minPassword),
    requireMfa: demands.requireMfa,
    registration: demands.registration,
    allProviders: demands.providers === null,
    providers: demands.providers ?? configured.map(({ id }) => id),
    idle: per(demands.sessionIdle, minute),
    absolute: per(demands.sessionAbsolute, hour),
  };
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** What of a draft differs from another, with the values of the first. */
export const changesOf = (draft: Draft, from: Draft): Partial<Draft> =>
  Object.fromEntries((Object.keys(draft) as (keyof Draft)[]).filter((key) => !same(draft[key], from[key])).map((key) => [key, draft[key]]));

/** The edit that brings a tenant to a draft. The parts that stay are left out. */
export function editOf(draft: Draft, base: Settings, reason: string): Schemas['TenantEdit'] {
  const changed = changesOf(draft, draftOf(base));
  const has = (...keys: (keyof Draft)[]) => keys.some((key) => key in changed);
  const { accent, logo, support, terms, privacy, welcome } = draft;
  return {
    version: base.version,
    reason,
    ...(has('name') && { name: draft.name }),
    ...(has('accent', 'logo', 'support', 'terms', 'privacy', 'welcome') && {
      look: {
        accent, support, terms, privacy, welcome, ...(has('logo') && { logo: logo.replace(/^data:[^,]*,/, '') }),
      },
    }),
    ...(has('minPassword', 'requireMfa', 'registration', 'allProviders', 'providers', 'idle', 'absolute') && {
      demands: {
        minPassword: Number(draft.minPassword),
        requireMfa: draft.requireMfa,
        registration: draft.registration,
        providers: draft.allProviders ? null : [...draft.providers],
        sessionIdle: seconds(draft.idle, minute),
        sessionAbsolute: seconds(draft.absolute, hour),
      },
    }),
  };
}
