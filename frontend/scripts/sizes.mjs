// Fails the build when what a person has to load before a page works has grown past its budget.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

const root = dirname(import.meta.dirname);
const assets = join(root, 'dist/login');
const kilobytes = (file) => gzipSync(readFileSync(file), { level: 9 }).length / 1000;

/** The budgets a page has to keep to. */
function kindsOf(html) {
  if (html.includes('data-page="account"')) return ['js of the account', 'css of the account'];
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
const budgets = { js: 55, 'js of a step': 60, css: 3, 'js of the account': 75, 'css of the account': 4, html: 3, later: 5 };
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
