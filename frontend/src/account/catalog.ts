import type { en } from './locales/en';

type Widen<T> = { readonly [K in keyof T]: T[K] extends string ? string : Widen<T[K]> };

/** Every catalog has exactly the keys of the English one. */
export type Catalog = Widen<typeof en>;

export type Texts = Readonly<Record<string, string>>;

/** The text of a code that comes from outside, or ''. */
export const textOf = (texts: Texts, code: string) => (Object.hasOwn(texts, code) ? texts[code] ?? '' : '');

