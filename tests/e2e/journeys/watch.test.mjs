// The watch itself: a journey in which the browser complains has to fail.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { visiting } from '../browser.mjs';
import { status } from '../harness.mjs';

const complaints = {
  'an inline script': (page) => page.evaluate(() => {
    const script = document.createElement('script');
    script.append('0');
    document.body.append(script);
  }),
  'text that becomes markup': (page) => page.evaluate(() => {
    try {
      document.body.innerHTML = '<b>0</b>';
    } catch {
      // The violation has been reported; the exception is not what is watched for here.
    }
  }),
  'an error nobody caught': async (page) => {
    const caught = page.waitForEvent('pageerror');
    await page.evaluate(() => setTimeout(() => { throw new Error('nobody caught this'); }));
    await caught;
  },
  'a request to elsewhere': async (page) => {
    await page.route('http://elsewhere.invalid/', (route) => route.fulfill({ body: '' }));
    await page.goto('http://elsewhere.invalid/');
  },
  'an answer that is an error': (page) => page.goto('/nothing-here'),
};

for (const [name, provoke] of Object.entries(complaints)) {
  test(`${name} fails a journey`, async () => {
    const journey = visiting({}, async ({ page }) => {
      await page.goto('/demo');
      await provoke(page);
    });
    await assert.rejects(journey, /the browser complained/);
  });
}

test('a complaint that was expected and did not come fails a journey', async () => {
  await assert.rejects(visiting({ expected: [status(500)] }, ({ page }) => page.goto('/demo')), /did not complain as expected/);
});
