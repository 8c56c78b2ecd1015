import type { en } from './locales/en';
import type { en as enSteps } from './locales/steps/en';
import type { Locale } from './view';

type Widen<T> = { readonly [K in keyof T]: T[K] extends string ? string : Widen<T[K]> };

/** Every catalog has exactly the keys of the English one. */
export type Catalog = Widen<typeof en>;
/** What the steps say besides. */
export type Steps = Widen<typeof enSteps>;
export type StepCatalog = { readonly [K in keyof Catalog]: K extends keyof Steps ? Catalog[K] & Steps[K] : Catalog[K] };

export function withSteps(catalog: Catalog, steps: Steps): StepCatalog {
  return {
    ...catalog,
    text: { ...catalog.text, ...steps.text },
    fields: { ...catalog.fields, ...steps.fields },
    messages: { ...catalog.messages, ...steps.messages },
  };
}

/** A language's own name for itself, and the way its script runs. */
export const languages: Record<Locale, { name: string; dir: 'ltr' | 'rtl' }> = {
  en: { name: 'English', dir: 'ltr' },
  ko: { name: '한국어', dir: 'ltr' },
  ar: { name: 'العربية', dir: 'rtl' },
};

interface WithText {
  readonly text: object;
}

export type Translate<C extends WithText = Catalog> = (
  key: keyof C['text'],
  values?: Readonly<Record<string, string | number>>,
) => string;

// A Latin name inside an Arabic sentence would drag the punctuation around it to the wrong side.
const isolate = (value: string) => `\u2068${value}\u2069`;

export function translator<C extends WithText>({ text }: C, locale: Locale): Translate<C> {
  const texts = text as C['text'] & Readonly<Record<keyof C['text'], string>>;
  const wrap = languages[locale].dir === 'rtl' ? isolate : (value: string) => value;
  return (key, values = {}) =>
    texts[key].replace(/\{(\w+)\}/g, (whole, name: string) =>
      name in values ? wrap(String(values[name])) : whole,
    );
}
