import { lazyRouteComponent } from '@tanstack/react-router';
import type { ComponentType } from 'react';
import type { Locale } from '../login/view';
import { loadTexts } from './texts';

let locale: Locale = 'en';
export const speak = (language: Locale) => { locale = language; };

interface Options<S> {
  /** What the page keeps in the query of its address: `filters({…})`. */
  search?: (search: Readonly<Record<string, unknown>>) => S;
  /** Folders whose texts it needs besides its own. */
  also?: readonly string[];
}

/** A page of pages/<folder>, which arrives with its texts when it is gone to. */
export function page<S = object>(folder: string, load: () => Promise<{ Page: ComponentType }>, { search, also = [] }: Options<S> = {}) {
  const whole = async () => {
    const [module] = await Promise.all([load(), ...[folder, ...also].map((each) => loadTexts(each, locale))]);
    return module;
  };
  return { component: lazyRouteComponent(whole, 'Page'), ...(search && { validateSearch: search }) };
}
