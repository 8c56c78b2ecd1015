// The texts of the pages, which arrive with the page: one folder each, pages/<folder>/texts/<locale>.ts.

import { useMemo } from 'react';
import type { Locale } from '../login/view';
import { type Same, type Texts, textOf, type Translate, translator } from './catalog';
import { useSite } from './site';

interface Module {
  texts: object;
}

const all = import.meta.glob<Module>('./pages/*/texts/{en,ko,ar}.ts');
const loaded = new Map<string, object>();

/** Fetches the texts of a folder, once. A folder without texts has none. */
export async function loadTexts(folder: string, locale: Locale): Promise<void> {
  const load = all[`./pages/${folder}/texts/${locale}.ts`];
  if (load && !loaded.has(folder)) loaded.set(folder, (await load()).texts);
}

/** What a page says of the problem `code`, in its own `alerts`; '' if no page that is loaded knows it. */
export function alertOf(code: string): string {
  for (const texts of loaded.values()) {
    const text = textOf((texts as { alerts?: Texts }).alerts, code);
    if (text) return text;
  }
  return '';
}

export interface PageTexts<C> {
  t: Translate<C>;
  /** All of them, for codes: `textOf(texts.states, state)`. */
  texts: Same<C>;
}

/** The hook that a page's folder reads its texts with. `C` is the type of its English. */
export const pageTexts = <C>(folder: string) => function useText(): PageTexts<C> {
  const { locale } = useSite();
  return useMemo(() => {
    const texts = loaded.get(folder);
    if (!texts) throw new Error(`the texts of pages/${folder} are not loaded: its folder has to stand in the page's line of routes.tsx`);
    return { t: translator<C>(texts as Same<C>, locale), texts: texts as Same<C> };
  }, [locale]);
};
