// @vitest-environment node
import { expect, test } from 'vitest';
import { translator } from '../src/login/catalog';
import { ar } from '../src/login/locales/ar';
import { en } from '../src/login/locales/en';
import { ko } from '../src/login/locales/ko';

/** Every text of a catalog under its path, as the set of its placeholders. */
function texts(catalog: object, path = ''): [string, string][] {
  return Object.entries(catalog).flatMap(([key, value]: [string, string | object]) =>
    typeof value === 'string' ? [[`${path}${key}`, value] as [string, string]] : texts(value, `${path}${key}.`),
  );
}
const placeholders = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();
const shape = (catalog: object) => Object.fromEntries(texts(catalog).map(([key, text]) => [key, placeholders(text)]));

test.each([['ko', ko], ['ar', ar]])('%s has the texts and placeholders of English', (_, catalog) => {
  expect(shape(catalog)).toEqual(shape(en));
});

test.each([['en', en], ['ko', ko], ['ar', ar]])('%s has no empty text and nothing a template would act on', (_, catalog) => {
  for (const [key, text] of texts(catalog)) {
    expect(text.trim(), key).toBe(text);
    expect(text, key).not.toBe('');
    expect(text, key).not.toMatch(/\{\{|[\uE000-\uF8FF]/u);
  }
});

test('a text takes its values, and keeps them apart in a right-to-left sentence', () => {
  expect(translator(en, 'en')('signInTo', { client: 'Acme {x}' })).toBe('to continue to Acme {x}');
  expect(translator(ar, 'ar')('signInTo', { client: 'Acme' })).toBe('للمتابعة إلى \u2068Acme\u2069');
});
