// @vitest-environment node
import { expect, test } from 'vitest';
import { ar as arAccount } from '../src/account/locales/ar';
import { en as enAccount } from '../src/account/locales/en';
import { ko as koAccount } from '../src/account/locales/ko';
import { translator } from '../src/login/catalog';
import { ar } from '../src/login/locales/ar';
import { en } from '../src/login/locales/en';
import { ko } from '../src/login/locales/ko';
import { ar as arSteps } from '../src/login/locales/steps/ar';
import { en as enSteps } from '../src/login/locales/steps/en';
import { ko as koSteps } from '../src/login/locales/steps/ko';

/** Every text of a catalog under its path, as the set of its placeholders. */
function texts(catalog: object, path = ''): [string, string][] {
  return Object.entries(catalog).flatMap(([key, value]: [string, string | object]) =>
    typeof value === 'string' ? [[`${path}${key}`, value] as [string, string]] : texts(value, `${path}${key}.`),
  );
}
const placeholders = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();
const shape = (catalog: object) => Object.fromEntries(texts(catalog).map(([key, text]) => [key, placeholders(text)]));

test.each([
  ['ko', ko, en],
  ['ar', ar, en],
  ['the steps in ko', koSteps, enSteps],
  ['the steps in ar', arSteps, enSteps],
  ['the account in ko', koAccount, enAccount],
  ['the account in ar', arAccount, enAccount],
])('%s: the texts and placeholders of English', (_, catalog, english) => {
  expect(shape(catalog)).toEqual(shape(english));
});

test.each([
  ['en', en],
  ['ko', ko],
  ['ar', ar],
  ['the steps in en', enSteps],
  ['the steps in ko', koSteps],
  ['the steps in ar', arSteps],
  ['the account in en', enAccount],
  ['the account in ko', koAccount],
  ['the account in ar', arAccount],
])('%s: no empty text and nothing a template would act on', (_, catalog) => {
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

test('the steps take no text of the other pages', () => {
  const sections = [[en.text, enSteps.text], [en.fields, enSteps.fields], [en.messages, enSteps.messages]] as const;
  for (const [first, steps] of sections) {
    expect(Object.keys(steps).filter((key) => Object.hasOwn(first, key))).toEqual([]);
  }
});

test.each([
  ['en', en, enAccount],
  ['ko', ko, koAccount],
  ['ar', ar, arAccount],
])('%s: the account calls a scope what the consent page called it', (_, login, account) => {
  expect(account.scopes).toEqual(login.scopes);
});
