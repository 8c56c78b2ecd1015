// Double clicks, second tabs and the back button.

import assert from 'node:assert/strict';
import { browsers, journey, status } from '../harness.mjs';
import { person } from '../people.mjs';
import { allow, begin, button, enter, fill, heading, signIn, welcomed } from '../steps.mjs';

for (const { how, options } of browsers) {
  journey(`${how}: a double click signs in once`, options, async ({ page }) => {
    const someone = await person();
    await begin(page);
    await fill(page, someone);
    const posts = [];
    // What the page's own script asks for beside the forms (a passkey's challenge) comes when it comes.
    page.on('request', (request) => {
      const { pathname } = new URL(request.url());
      if (request.method() === 'POST' && !pathname.startsWith('/api/')) posts.push(pathname);
    });
    await button(page, 'Sign in').dblclick({ noWaitAfter: true });
    await heading(page, 'Authway demo asks for access').waitFor();
    if (how === 'with script') assert.deepEqual(posts, ['/login']);
    await button(page, 'Allow').dblclick({ noWaitAfter: true });
    await welcomed(page, someone);
    if (how === 'with script') assert.deepEqual(posts, ['/login', '/consent']);
  });

  for (const first of ['older', 'younger']) {
    journey(`${how}: two tabs of one application both end signed in, the ${first} one first`, options, async ({ page, context }) => {
      const someone = await person();
      const tabs = [page, await context.newPage()];
      for (const tab of tabs) await begin(tab);
      if (first === 'younger') tabs.reverse();
      for (const tab of tabs) {
        await signIn(tab, someone);
        await allow(tab);
        await welcomed(tab, someone);
      }
    });
  }

  journey(`${how}: going back after signing in shows a way on, and it works`, { ...options, expected: [status(409)] }, async ({ page }) => {
    const someone = await person();
    await enter(page, someone);
    await page.goBack();
    await heading(page, 'This sign-in is already complete').waitFor();
    await page.getByRole('link', { name: 'Continue' }).click();
    await allow(page);
    await welcomed(page, someone);
  });

  journey(`${how}: going back from the consent to the sign-in page does not ask again`, { ...options, expected: [status(409)] }, async ({ page }) => {
    const someone = await person();
    await begin(page);
    await signIn(page, someone);
    await heading(page, 'Authway demo asks for access').waitFor();
    await page.goBack();
    await heading(page, 'This sign-in is already complete').waitFor();
    await page.getByRole('link', { name: 'Continue' }).click();
    await allow(page);
    await welcomed(page, someone);
  });
}
