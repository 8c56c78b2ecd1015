// Pages are drawn twice from the same components: in the browser from a real view, and at build time
// into Go templates from a view whose strings are actions. What a page asks of its view (is it there,
// is it this, for each of them) therefore goes through a dialect; src/prerender/go.tsx is the other one.

import { Fragment, type ReactElement, type ReactNode } from 'react';

/** Something a page branches on: non-empty, non-zero or true, as both JavaScript and Go see it. */
export type Test = string | number | boolean;

export interface Dialect {
  is(value: string, code: string): Test;
  not(test: Test): Test;
  all(...tests: Test[]): Test;
  any(...tests: Test[]): Test;
  /** An element that is there only if the test holds. Never between two texts: a template has no way to keep them apart. */
  when(test: Test, element: ReactElement): ReactNode;
  each<T extends string | { name: string }>(items: readonly T[], draw: (item: T) => ReactNode): ReactNode;
  /** One of two texts. */
  either(test: Test, yes: string, no: string): string;
  /** The text that belongs to a code. */
  pick(code: string, texts: Readonly<Record<string, string>>, otherwise: string): string;
  /** Texts about what only a script brings about: a template never has to say them. */
  scripted(texts: Readonly<Record<string, string>>): Readonly<Record<string, string>>;
  /** Attributes that are there only if the test holds. */
  given(test: Test, attributes: Readonly<Record<string, string | boolean>>): object;
}

export const browser: Dialect = {
  is: (value, code) => value === code,
  not: (test) => !test,
  all: (...tests) => tests.every(Boolean),
  any: (...tests) => tests.some(Boolean),
  when: (test, element) => (test ? element : null),
  each: (items, draw) => items.map((item) => <Fragment key={typeof item === 'string' ? item : item.name}>{draw(item)}</Fragment>),
  either: (test, yes, no) => (test ? yes : no),
  pick: (code, texts, otherwise) => (Object.hasOwn(texts, code) ? texts[code] ?? otherwise : otherwise),
  scripted: (texts) => texts,
  given: (test, attributes) => (test ? attributes : {}),
};
