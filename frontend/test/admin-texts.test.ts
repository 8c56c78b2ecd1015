// @vitest-environment node
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ar } from '../src/admin/locales/ar';
import { en } from '../src/admin/locales/en';
import { ko } from '../src/admin/locales/ko';

interface Module {
  texts: object;
}

const locales = ['en', 'ko', 'ar'] as const;
const modules = import.meta.glob<Module>('../src/admin/pages/*/texts/{en,ko,ar}.ts', { eager: true });
const pages = new URL('../src/admin/pages/', import.meta.url);
const folders = readdirSync(pages);
const textsOf = (folder: string, locale: string) => modules[`../src/admin/pages/${folder}/texts/${locale}.ts`]?.texts ?? {};

/** Every text of a catalog under its path. */
function texts(catalog: object, path = ''): [string, string][] {
  return Object.entries(catalog).flatMap(([key, value]: [string, string | object]) =>
    typeof value === 'string' ? [[`${path}${key}`, value] as [string, string]] : texts(value, `${path}${key}.`),
  );
}
const placeholders = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();
const shape = (catalog: object) => Object.fromEntries(texts(catalog).map(([key, text]) => [key, placeholders(text)]));

const catalogs = [
  ['the frame', { en, ko, ar }] as const,
  ...folders.map((folder) => [folder, Object.fromEntries(locales.map((locale) => [locale, textsOf(folder, locale)]))] as const),
];

test.each(catalogs)('%s: the texts and placeholders of English in every language', (_, catalog) => {
  const english = shape(catalog.en ?? {});
  expect(Object.keys(english)).not.toEqual([]);
  expect(shape(catalog.ko ?? {})).toEqual(english);
  expect(shape(catalog.ar ?? {})).toEqual(english);
});

test.each(catalogs)('%s: no text is empty, and none has space around it', (_, catalog) => {
  for (const locale of locales) {
    for (const [key, text] of texts(catalog[locale] ?? {})) expect(text && text.trim(), `${locale} ${key}`).toBe(text || 'a text');
  }
});

test('every folder is the page of a route, and has the texts that its line names', () => {
  const table = readFileSync(new URL('../src/admin/routes.tsx', import.meta.url), 'utf8');
  const named = [...table.matchAll(/page\('([^']+)', \(\) => import\('\.\/pages\/([^']+)'\)/g)];
  for (const [, folder, path] of named) expect(path).toBe(folder);
  expect(named.map(([, folder]) => folder).sort()).toEqual(folders.sort());
  for (const folder of folders) expect(readFileSync(new URL(`${folder}/texts/index.ts`, pages), 'utf8')).toContain(`('${folder}')`);
});
