// The one value a page is drawn from. The Go package `pages` declares the same shape: its templates read
// it as data and place it in the page as JSON, from which React hydrates.

/** Pages with a form that every sign-in may pass. */
export const formPages = ['login', 'register', 'consent', 'logout'] as const;
/** What may be asked for on the way, and only of some: it is loaded by an entry of its own. */
export const stepPages = ['verify', 'confirm', 'recover', 'recover-code', 'recover-password', 'factor', 'enrol', 'codes', 'restore', 'invited'] as const;
/** Pages with nothing to press but a link. */
export const plainPages = ['signed-out', 'message', 'continue', 'unavailable', 'not-found'] as const;

export type StepName = (typeof stepPages)[number];
export type PageName = (typeof formPages)[number] | StepName | (typeof plainPages)[number];

export const locales = ['en', 'ko', 'ar'] as const;
export type Locale = (typeof locales)[number];

export interface Client {
  id: string;
  name: string;
  logo: string;
  uri: string;
  policy: string;
  terms: string;
}

export interface Scope {
  name: string;
  required: boolean;
}

export interface Provider {
  id: string;
  name: string;
}

/** What we are called. */
export const own = 'Authway';

/** How the tenant looks. The function has looked at every part of it. */
export interface Look {
  name: string;
  logo: string;
  /** Six digits of a colour, which name a style sheet. */
  accent: string;
  welcome: string;
  support: string;
  help: string;
  terms: string;
  privacy: string;
}

export const plainLook: Look = { name: own, logo: '', accent: '', welcome: '', support: '', help: '', terms: '', privacy: '' };

export interface View {
  page: PageName;
  locale: Locale;
  reference: string;
  alert: string;
  field: string;
  wait: string;
  client: Client;
  email: string;
  name: string;
  remember: boolean;
  account: string;
  scopes: readonly Scope[];
  next: string;
  purpose: string;
  resendAfter: number;
  methods: readonly string[];
  method: string;
  codesLeft: number;
  secret: string;
  uri: string;
  codes: readonly string[];
  /** The day (YYYY-MM-DD) on which the account is going to be deleted. */
  deleteAt: string;
  /** Names the sign-in in further addresses; empty where nobody knows it yet. */
  flow: string;
  providers: readonly Provider[];
  look: Look;
  /** Nobody can make an account who is not invited. */
  closed: boolean;
  /** How many characters a new password has at least. */
  least: number;
}

export function emptyView(page: PageName, locale: Locale): View {
  return {
    page,
    locale,
    reference: '',
    alert: '',
    field: '',
    wait: '',
    client: { id: '', name: '', logo: '', uri: '', policy: '', terms: '' },
    email: '',
    name: '',
    remember: false,
    account: '',
    scopes: [],
    next: '',
    purpose: '',
    resendAfter: 0,
    methods: [],
    method: '',
    codesLeft: 0,
    secret: '',
    uri: '',
    codes: [],
    deleteAt: '',
    flow: '',
    providers: [],
    look: plainLook,
    closed: false,
    least: 12,
  };
}
