// Settings as they are typed: a list is a text with a line for each, and back.

import type { Schemas } from '../../api';
import { Problem } from '../../problem';

export type Settings = Schemas['ApplicationSettings'];
export type Lifespans = Required<Schemas['ApplicationLifespans']>;

export const lists = ['redirectUris', 'postLogoutRedirectUris', 'corsOrigins', 'scopes', 'audience', 'contacts', 'grantTypes'] as const;
export const lives = ['codeAccess', 'codeId', 'codeRefresh', 'refreshAccess', 'refreshId', 'refreshRefresh', 'machineAccess', 'assertionAccess'] as const;
export const links = ['uri', 'logoUri', 'policyUri', 'termsUri'] as const;
type List = (typeof lists)[number];
type Link = (typeof links)[number];

export interface Draft extends Record<List, string>, Record<Link, string> {
  name: string;
  firstParty: boolean;
  skipLogoutConsent: boolean;
  allTenants: boolean;
  frontchannelLogoutUri: string;
  frontchannelLogoutSession: boolean;
  backchannelLogoutUri: string;
  backchannelLogoutSession: boolean;
  authMethod: string;
  jwks: string;
  jwksUri: string;
  lifespans: Record<(typeof lives)[number], string>;
  claims: Record<string, string[]>;
}

export const linesOf = (text: string) => text.split(/\s+/).filter(Boolean);

export function draftOf(s: Settings): Draft {
  const text = (list: readonly string[] | undefined) => (list ?? []).join('\n');
  return {
    name: s.name,
    firstParty: s.firstParty ?? false,
    skipLogoutConsent: s.skipLogoutConsent ?? false,
    allTenants: s.allTenants ?? false,
    redirectUris: text(s.redirectUris),
    postLogoutRedirectUris: text(s.postLogoutRedirectUris),
    corsOrigins: text(s.corsOrigins),
    scopes: text(s.scopes),
    audience: text(s.audience),
    contacts: text(s.contacts),
    grantTypes: text(s.grantTypes),
    frontchannelLogoutUri: s.frontchannelLogoutUri ?? '',
    frontchannelLogoutSession: s.frontchannelLogoutSession ?? false,
    backchannelLogoutUri: s.backchannelLogoutUri ?? '',
    backchannelLogoutSession: s.backchannelLogoutSession ?? false,
    authMethod: s.authMethod ?? '',
    jwks: s.jwks ? JSON.stringify(s.jwks, null, 2) : '',
    jwksUri: s.jwksUri ?? '',
    lifespans: Object.fromEntries(lives.map((life) => [life, s.lifespans?.[life] ? String(s.lifespans[life]) : ''])) as Draft['lifespans'],
    claims: s.claims ?? {},
    uri: s.uri ?? '',
    logoUri: s.logoUri ?? '',
    policyUri: s.policyUri ?? '',
    termsUri: s.termsUri ?? '',
  };
}

function keys(text: string): Settings['jwks'] {
  if (!text.trim()) return undefined;
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read === 'object' && read !== null && !Array.isArray(read)) return { ...read };
  } catch {
    // Said below.
  }
  throw new Problem('keys_malformed', { field: 'jwks' });
}

/** What is sent: the draft over what it does not speak of. */
export function settingsOf(d: Draft, rest: Settings): Settings {
  const { lifespans, jwks, claims, ...plain } = d;
  return {
    ...rest,
    ...plain,
    name: d.name.trim(),
    ...Object.fromEntries(lists.map((list) => [list, linesOf(d[list])])) as Record<List, string[]>,
    jwks: keys(jwks) ?? null,
    claims,
    lifespans: Object.fromEntries(lives.map((life) => [life, Number.parseInt(lifespans[life], 10) || 0])),
  };
}

export const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** The fields in which two drafts differ, with the values of the second. */
export const changesOf = (from: Draft, to: Draft): Partial<Draft> =>
  Object.fromEntries((Object.keys(to) as (keyof Draft)[]).filter((name) => !same(from[name], to[name])).map((name) => [name, to[name]]));
