// Takes pictures of every page, to be looked at: `npm run pictures -- FOLDER`. front-page.png is the one that
// the front page of the repository shows; pictures/sign-in.png is it in 256 colours.

import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { close, visiting } from './browser.mjs';
import { person } from './people.mjs';
import { begin, email } from './steps.mjs';
import { expected, looks, walk } from './walk.mjs';

const [folder] = process.argv.slice(2);
assert.ok(folder, 'name a folder for the pictures');
await mkdir(folder, { recursive: true });

try {
  for (const [look, options] of Object.entries(looks)) {
    await visiting({ ...options, expected }, async ({ page }) => {
      await walk(page, await person(), options, (name, shown = page) =>
        shown.screenshot({ path: join(folder, `${name}-${look}.png`), fullPage: true }));
    });
  }
  await visiting({ viewport: { width: 1200, height: 750 } }, async ({ page }) => {
    await begin(page);
    await page.getByText('to continue to Authway demo').waitFor();
    await email(page).fill('ada@example.org');
    await page.screenshot({ path: join(folder, 'front-page.png'), caret: 'initial' });
  });
} finally {
  await close();
}
