// Fails the build when what a person has to load before the login page works has grown past its budget.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

const budgets = { js: 55, css: 3, html: 3 };
const folder = join(dirname(import.meta.dirname), 'dist/login');
const kilobytes = (file) => gzipSync(readFileSync(file), { level: 9 }).length / 1000;

let failed = false;
for (const locale of ['en', 'ko', 'ar']) {
  for (const page of readdirSync(join(folder, locale))) {
    const file = join(folder, locale, page);
    const size = { js: 0, css: 0, html: kilobytes(file) };
    for (const [, asset, kind] of readFileSync(file, 'utf8').matchAll(/"\/(ui\/[^"]+\.(js|css))"/g)) {
      size[kind] += kilobytes(join(folder, asset));
    }
    const over = Object.keys(budgets).filter((kind) => size[kind] > budgets[kind]);
    failed ||= over.length > 0;
    const line = Object.entries(size).map(([kind, kB]) => `${kind} ${kB.toFixed(1)}/${budgets[kind]}`).join('  ');
    console.log(`${`${locale}/${page}`.padEnd(22)} ${line} kB gz${over.length ? `  OVER: ${over.join(', ')}` : ''}`);
  }
}
process.exitCode = failed ? 1 : 0;
