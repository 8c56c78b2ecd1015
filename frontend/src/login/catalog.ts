import type { en } from './locales/en';
import type { Locale } from './view';

type Widen<T> = { readonly [K in keyof T]: T[K] extends string ? string : Widen<T[K]> };

/** Every catalog has exactly the keys of the English one. */
export type Catalog = Widen<typeof en>;
export type TextKey = keyof Catalog['text'];

/** A language's own name for itself, and the way its script runs. */
export const languages: Record<Locale, { name: string; dir: 'ltr' | 'rtl' }> = {
  en: { name: 'English', dir: 'ltr' },
  ko: { name: '한국어', dir: 'ltr' },
  ar: { name: 'العربية', dir: 'rtl' },
};

export type Translate = (key: TextKey, values?: Readonly<Record<string, string | number>>) => string;

// A Latin name inside an Arabic sentence would drag the punctuation around it to the wrong side.
const isolate = (value: string) => `\u2068${value}\u2069`;

export function translator(catalog: Catalog, locale: Locale): Translate {
  const wrap = languages[locale].dir === 'rtl' ? isolate : (value: string) => value;
  return (key, values = {}) =>
    catalog.text[key].replace(/\{(\w+)\}/g, (whole, name: string) =>
      name in values ? wrap(String(values[name])) : whole,
    );
}
