import { type ComponentType, createContext, useContext } from 'react';
import type { Answer } from './answer';
import type { Catalog, StepCatalog, Translate } from './catalog';
import type { Dialect } from './dialect';
import type { PageName, View } from './view';

/** What every part of a page draws from. */
export interface Page<C extends Catalog = Catalog> {
  view: View;
  catalog: C;
  t: Translate<C>;
  dialect: Dialect;
  /** How many answers have been problems: the same problem twice is two pieces of news. */
  problems: number;
}

/** A kind of page: what it is called and what it holds. */
export interface Kind<C extends Catalog = Catalog> {
  title: (page: Page<C>) => string;
  Content: ComponentType<{ decide: (answer: Answer) => string }>;
}

export type Pages<C extends Catalog = Catalog> = Partial<Record<PageName, Kind<C>>>;

export const PageContext = createContext<Page | null>(null);

export function usePage(): Page {
  const page = useContext(PageContext);
  if (!page) throw new Error('a part was drawn outside a page');
  return page;
}

/** The page of a step, which has the texts of steps: they are drawn from no other entry. */
export const useStep = () => usePage() as Page<StepCatalog>;

const ofProviders = (code: string) => /^(provider_|registration_c)/.test(code);

/** Those of a catalog's texts that a page can be asked to say: what becomes of other providers is told where they are. */
export const sayable = (page: PageName, texts: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(texts).filter(([code]) => (page === 'login' ? !/^(cannot|internal)/.test(code) : !ofProviders(code))));

/** The texts about a field. Signing in finds fault with a password only when there is none. */
export const faultsOf = ({ view, catalog }: Page, name: string): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries<string>(catalog.fields).filter(([code]) =>
    code.startsWith(`${name}_`) && (view.page !== 'login' || /_(required|invalid)$/.test(code))));

/** What went well, as opposed to an alert. No code is sent to the sign-in page, and to no other page one comes back from a provider. */
export const noticesOf = ({ view, catalog }: Page): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(catalog.notices).filter(([code]) => ofProviders(code) === (view.page === 'login')));

/**
 * The text of the title bar. A rendered error or notice leads it: it is what a screen reader says first after
 * a plain form post.
 */
export function titleOf<C extends Catalog>(page: Page<C>, pages: Pages<C>): string {
  const { view, t, dialect } = page;
  const title = pages[view.page]?.title(page) ?? '';
  const where = ` · ${view.look.name}`;
  if (view.page === 'message') return title + where;
  const notices = Object.entries(noticesOf(page)).map(([code, text]) => [code, `${text} ${title}`] as const);
  const told = dialect.pick(view.alert, Object.fromEntries(notices), t('error', { title }));
  return dialect.either(view.alert, told, title) + where;
}
