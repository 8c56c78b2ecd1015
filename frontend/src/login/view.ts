// The one value a page is drawn from. The Go package `pages` declares the same shape: its templates read
// it as data and place it in the page as JSON, from which React hydrates.

export type PageName =
  | 'login'
  | 'register'
  | 'consent'
  | 'logout'
  | 'signed-out'
  | 'message'
  | 'continue'
  | 'unavailable'
  | 'not-found';

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

export interface View {
  page: PageName;
  locale: Locale;
  reference: string;
  alert: string;
  field: string;
  retryAfter: number;
  client: Client;
  email: string;
  name: string;
  remember: boolean;
  account: string;
  scopes: readonly Scope[];
  next: string;
}

export function emptyView(page: PageName, locale: Locale): View {
  return {
    page,
    locale,
    reference: '',
    alert: '',
    field: '',
    retryAfter: 0,
    client: { id: '', name: '', logo: '', uri: '', policy: '', terms: '' },
    email: '',
    name: '',
    remember: false,
    account: '',
    scopes: [],
    next: '',
  };
}
