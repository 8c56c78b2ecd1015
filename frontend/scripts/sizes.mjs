// Fails the build when what a person has to load before a page works has grown past its budget.

import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

const root = dirname(import.meta.dirname);
const assets = join(root, 'dist/login');
const kilobytes = (file) => gzipSync(readFileSync(file), { level: 9 }).length / 1000;

/** The budgets a page has to keep to. */
function kindsOf(html) {
  if (html.includes('data-page="account"')) return ['js of the account', 'css of the account'];
  if (html.includes('data-page="admin"')) return ['js of the shell', 'css of the dashboard'];
  return [html.includes('/steps-') ? 'js of a step' : 'js', 'css'];
}

/** What a page loads, with its template taken for the page: all its branches are more than any page has. */
function sizeOf(file) {
  const html = readFileSync(file, 'utf8');
  const [js, css] = kindsOf(html);
  const size = { [js]: 0, [css]: 0, html: kilobytes(file) };
  for (const [, asset, kind] of html.matchAll(/"\/(ui\/[^"]+\.(js|css))"/g)) {
    size[kind === 'js' ? js : css] += kilobytes(join(assets, asset));
    loaded.add(asset);
  }
  return size;
}

// Who comes to a step has most of its script from the page before.
const budgets = { js: 55, 'js of a step': 60, css: 3, 'js of the account': 75, 'css of the account': 4, html: 3, later: 5,
  'js of the shell': 100, 'css of the dashboard': 8, 'js of a page': 130, 'later in the dashboard': 30 };
const loaded = new Set();
const rows = new Map();
for (const [kind, folder] of [['page', assets], ['template', join(root, 'pages/templates')]]) {
  for (const locale of ['en', 'ko', 'ar']) {
    for (const name of readdirSync(join(folder, locale))) {
      const row = `${kind} ${name.replace('.html', '')}`;
      const size = sizeOf(join(folder, locale, name));
      const most = rows.get(row) ?? size;
      rows.set(row, Object.fromEntries(Object.keys(size).map((part) => [part, Math.max(size[part], most[part])])));
    }
  }
}
// A page of the dashboard is what its own script needs beyond the shell, the parts included, with its texts in the
// language that has most.
const manifestFile = join(root, 'dist/admin.json');
const manifest = JSON.parse(readFileSync(manifestFile, 'utf8'));
rmSync(manifestFile);
const filesOf = (key, found = new Set()) => {
  if (found.has(key)) return found;
  found.add(key);
  for (const name of manifest[key].imports ?? []) filesOf(name, found);
  return found;
};
// Chunks that need each other run in an order of which nobody has thought, and then not at all. vite.admin.config.ts
// says what of the library is in which.
for (const key of Object.keys(manifest)) {
  for (const name of manifest[key].imports ?? []) {
    if (!filesOf(name).has(key)) continue;
    console.log(`${key} and ${name} import each other`);
    process.exitCode = 1;
  }
}
const weigh = (keys) => [...keys].reduce((sum, key) => sum + kilobytes(join(assets, 'ui', manifest[key].file)), 0);
const shells = ['en', 'ko', 'ar'].map((locale) => [locale, [...filesOf('src/admin/first.ts'), ...filesOf(`src/admin/start/${locale}.ts`)]]);
const common = new Set(Object.keys(manifest));
for (const key of Object.keys(manifest)) {
  const [, folder] = /^src\/admin\/pages\/([^/]+)\/index\.tsx$/.exec(key) ?? [];
  if (!folder) continue;
  const needed = filesOf(key);
  for (const name of common) if (!needed.has(name)) common.delete(name);
  const all = shells.map(([locale, shell]) => {
    const texts = `src/admin/pages/${folder}/texts/${locale}.ts`;
    return weigh([...filesOf(key), ...(manifest[texts] ? [texts] : [])].filter((name) => !shell.includes(name)));
  });
  rows.set(`admin ${folder}`, { 'js of a page': Math.max(...all) });
}
for (const { file } of Object.values(manifest)) loaded.add(`ui/${file}`);
for (const key of Object.keys(manifest).filter((name) => manifest[name].isDynamicEntry && !name.startsWith('src/admin/pages/'))) {
  const own = [...filesOf(key)].filter((name) => !common.has(name) && !shells.some(([, shell]) => shell.includes(name)));
  rows.set(`admin, later: ${key.replace(/^.*\/(.*)\.tsx?$/, '$1')}`, { 'later in the dashboard': weigh(own) });
}

// What no page names is loaded by one of them when it is needed.
for (const name of readdirSync(join(assets, 'ui/assets'))) {
  const asset = `ui/assets/${name}`;
  if (name.endsWith('.js') && !loaded.has(asset)) rows.set(`later ${name.replace(/-[^-]+$/, '')}`, { later: kilobytes(join(assets, asset)) });
}

console.log('kB gz of the most in any language, and what is allowed');
for (const [row, size] of rows) {
  const over = Object.keys(size).filter((part) => size[part] > budgets[part]);
  const line = Object.entries(size).map(([part, kB]) => `${part} ${kB.toFixed(1)}/${budgets[part]}`).join('  ');
  console.log(`${row.padEnd(26)} ${line}${over.length ? `  OVER: ${over.join(', ')}` : ''}`);
  if (over.length) process.exitCode = 1;
}
