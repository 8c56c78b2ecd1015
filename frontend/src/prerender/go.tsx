// The dialect of Go's html/template: every branch is written out, as an action between private-use
// characters that React leaves alone. `finish` turns them into braces.

import type { ReactNode } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import type { Dialect, Test } from '../login/dialect';
import type { Locale, PageName, Scope, View } from '../login/view';

const open = '\uE000';
const close = '\uE001';
// A branch around an element. The browser sees no node there, so it must not stand beside a text.
const block = '\uE002';

const action = (code: string) => open + code + close;
const code = (test: Test) => {
  const found = /^\uE000(.*)\uE001$/u.exec(String(test));
  if (!found?.[1]) throw new Error(`not a value of the template's view: ${String(test)}`);
  return found[1];
};
const call = (name: string, tests: readonly Test[]) => action(`(${name} ${tests.map(code).join(' ')})`);
const either = (test: Test, yes: string, no: string) =>
  `${action(`if ${code(test)}`)}${yes}${no ? action('else') + no : ''}${action('end')}`;

function attributes(props: object): string {
  const input = renderToStaticMarkup(<input {...props} />);
  return input.slice('<input'.length, -'/>'.length);
}

export const go: Dialect = {
  is: (value, wanted) => action(`(eq ${code(value)} "${wanted}")`),
  not: (test) => call('not', [test]),
  all: (...tests) => call('and', tests),
  any: (...tests) => (tests.length ? call('or', tests) : action('false')),
  when: (test, element) => around(`if ${code(test)}`, element),
  each: (items, draw) => {
    const item = items[0];
    if (!item) throw new Error('a list of the template view has one item, which stands for all');
    return around(`range ${code(items.length)}`, draw(item));
  },
  either,
  pick: (value, texts, otherwise) => {
    const branches = Object.entries(texts).map(([name, text], index) =>
      action(`${index ? 'else if' : 'if'} eq ${code(value)} "${name}"`) + text);
    return branches.length ? `${branches.join('')}${action('else')}${otherwise}${action('end')}` : otherwise;
  },
  scripted: () => ({}),
  given: (test, props) => ({
    [`data-given-${Object.keys(props).join('-').toLowerCase()}`]: either(test, attributes(props), ''),
  }),
};

function around(head: string, element: ReactNode) {
  return (
    <>
      {block + action(head) + block}
      {element}
      {block + action('end') + block}
    </>
  );
}

/** A list of the template's view: one item, which stands for all, and a length that tells whether there are any. */
const list = <T,>(item: T, length: string) => ({ 0: item, length }) as unknown as readonly T[];

/** A view whose every value is the action that prints it. `$` is the view also where a range has moved the dot. */
export function symbolic(page: PageName, locale: Locale): View {
  const item: Scope = { name: action('.Name'), required: action('.Required') as unknown as boolean };
  return {
    page,
    locale,
    reference: action('$.Reference'),
    alert: action('$.Alert'),
    field: action('$.Field'),
    wait: action('$.Wait'),
    client: {
      id: action('$.Client.ID'),
      name: action('$.Client.Name'),
      logo: action('$.Client.Logo'),
      uri: action('$.Client.URI'),
      policy: action('$.Client.Policy'),
      terms: action('$.Client.Terms'),
    },
    email: action('$.Email'),
    name: action('$.Name'),
    remember: action('$.Remember') as unknown as boolean,
    account: action('$.Account'),
    scopes: list(item, action('$.Scopes')),
    next: action('$.Next'),
    purpose: action('$.Purpose'),
    resendAfter: action('$.ResendAfter') as unknown as number,
    methods: list(action('.'), action('$.Methods')),
    method: action('$.Method'),
    codesLeft: action('$.CodesLeft') as unknown as number,
    secret: action('$.Secret'),
    uri: action('$.KeyLink'),
    codes: list(action('.'), action('$.Codes')),
    deleteAt: action('$.DeleteAt'),
    flow: action('$.Flow'),
    providers: list({ id: action('.ID'), name: action('.Name') }, action('$.Providers')),
    look: {
      name: action('$.Look.Name'),
      logo: action('$.Look.Logo'),
      accent: action('$.Look.Accent'),
      welcome: action('$.Look.Welcome'),
      support: action('$.Look.Support'),
      help: action('$.Look.Help'),
      terms: action('$.Look.Terms'),
      privacy: action('$.Look.Privacy'),
    },
    closed: action('$.Closed') as unknown as boolean,
    least: action('$.Least') as unknown as number,
  };
}

const unescape = (text: string) =>
  text.replace(/&quot;/g, '"').replace(/&#x27;/g, "'").replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');

/** React's markup with the actions as braces. Throws if the browser would see other nodes than React expects. */
export function finish(markup: string): string {
  const html = markup
    .replace(/ data-given-[\w-]+="([^"]*)"/g, (_, text: string) => unescape(text))
    .replace(/<!-- -->(?=\uE002)|(?<=\uE002)<!-- -->/gu, '');
  if (html.includes('<!--')) throw new Error('two texts side by side: html/template drops the comment that keeps them apart');
  if (/[^>\uE002]\uE002\uE000(if|range)|\uE000end\uE001\uE002[^<\uE002]/u.test(html)) {
    throw new Error('a branch beside a text');
  }
  return html.replace(/\uE000([^\uE001]*)\uE001/gu, (_, text: string) => `{{${unescape(text)}}}`).replaceAll(block, '');
}
