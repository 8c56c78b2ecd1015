import { languages } from '../login/catalog';
import type { Locale } from '../login/view';
import type { en } from './locales/en';

type Widen<T> = { readonly [K in keyof T]: T[K] extends string ? string : Widen<T[K]> };

/** The keys of English texts, with texts of another language. Placeholders are compared by a test. */
export type Same<T> = Widen<T>;
export type Catalog = Same<typeof en>;
export type Texts = Readonly<Record<string, string>>;

/** The text of a code that comes from outside, or ''. */
export const textOf = (texts: Texts | undefined, code: string) => (texts && Object.hasOwn(texts, code) ? texts[code] ?? '' : '');

type Placeholders<S> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Placeholders<Rest> : never;
type Values<S> = [Placeholders<S>] extends [never] ? [] : [Readonly<Record<Placeholders<S>, string | number>>];
type TextKeys<C> = { [K in keyof C]: C[K] extends string ? K : never }[keyof C];

/** A text with its placeholders filled in; one that is forgotten is a type error. */
export type Translate<C> = <K extends TextKeys<C>>(key: K, ...values: Values<C[K]>) => string;

// A Latin name inside an Arabic sentence would drag the punctuation around it to the wrong side.
const isolate = (value: string) => `\u2068${value}\u2069`;

/** Fills the texts of one level; `texts` is in any language, `C` is the English that names the placeholders. */
export function translator<C>(texts: Same<C>, locale: Locale): Translate<C> {
  const number = new Intl.NumberFormat(locale);
  const wrap = languages[locale].dir === 'rtl' ? isolate : (value: string) => value;
  const written = (value: string | number) => wrap(typeof value === 'number' ? number.format(value) : value);
  return (key, ...[values]) =>
    (texts[key as keyof typeof texts] as string).replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = (values as Readonly<Record<string, string | number>> | undefined)?.[name];
      return value === undefined ? whole : written(value);
    });
}
