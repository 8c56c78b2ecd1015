import optimizeLocales from '@react-aria/optimize-locales-plugin';
import { defineConfig } from 'vite';
import login from './vite.login.config.ts';

const named = (paths: readonly string[]) => new RegExp(paths.join('|'));

// Of the library: its folders of hooks, and its components.
const dates = [
  'parts/DateRange',
  '@internationalized/date/',
  '/private/(intl/)?(calendar|datepicker|spinbutton)/',
  '/private/(Calendar|DateField|DatePicker|i18n/useDateFormatter)\\.mjs',
];
const lists = [
  'parts/(Table|Menu|Tabs)\\.',
  '/private/(intl/)?(table|grid|gridlist|menu|tabs|selection|list|listbox|dnd|layout|virtualizer|tree)/',
  '/private/collections/(?!Hidden)',
  '/private/(Table|Menu|Tabs|ListBox|GridList|Tree|Virtualizer|Collection|DragAndDrop|useDragAndDrop|Separator|Header|Keyboard)\\.mjs',
];
// Without what says which language it is, which the shell has.
const parts = [
  'src/admin/parts/',
  '(react-aria|react-stately|react-aria-components|@internationalized/\\w+|aria-hidden)/dist/(?!private/(i18n/(I18nProvider|useDefaultLocale|utils)|ssr/SSRProvider)\\.|exports/I18nProvider)',
];

// A build of its own, as the account's. Its pages are loaded one by one; what they draw with is in three chunks, for
// every combination of parts would be one otherwise.
export default defineConfig({
  ...login,
  // The library's own texts, in our languages of its thirty.
  plugins: [login.plugins, optimizeLocales.vite({ locales: ['en', 'ko', 'ar'] })],
  build: {
    ...login.build,
    emptyOutDir: false,
    manifest: '.vite/admin.json',
    rollupOptions: {
      input: {
        'admin-first': 'src/admin/first.ts',
        'admin-en': 'src/admin/start/en.ts',
        'admin-ko': 'src/admin/start/ko.ts',
        'admin-ar': 'src/admin/start/ar.ts',
      },
      // A part that a page does not use is not fetched with those beside it.
      treeshake: { moduleSideEffects: [{ test: /src\/admin\/parts\//, sideEffects: false }] },
      preserveEntrySignatures: 'allow-extension',
      output: {
        codeSplitting: {
          includeDependenciesRecursively: false,
          groups: [
            { name: 'admin-dates', test: named(dates) },
            { name: 'admin-lists', test: named(lists) },
            { name: 'admin-parts', test: named(parts) },
          ],
        },
      },
    },
  },
});
