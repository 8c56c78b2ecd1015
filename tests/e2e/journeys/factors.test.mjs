// Codes as the second step of a sign-in: those of an authenticator app, and those for its loss.

import assert from 'node:assert/strict';
import { authorization, callback } from '../application.mjs';
import { browsers, home, journey, status } from '../harness.mjs';
import { person } from '../people.mjs';
import { phone } from '../phone.mjs';
import { alert, allow, begin, button, claims, faulty, heading, signIn, welcomed } from '../steps.mjs';
import { Visitor } from '../visitor.mjs';

const field = (page) => page.locator('#code');
const wrong = 'This code is not right.';
const wrongOfApp = 'This code is not right. If the next one is not either, check the clock of your phone.';

/** Somebody who has an app and has kept the codes for its loss. */
async function withApp() {
  const someone = await person();
  const visitor = new Visitor();
  const { url } = await authorization({ acr_values: 'aal2' });
  const asked = await visitor.submit(await visitor.open(url), someone);
  const app = phone(asked.body.match(/class="secret"[^>]*>([^<]+)</)[1]);
  const shown = await visitor.submit(asked, { code: app() });
  const codes = [...shown.body.matchAll(/<li><code>([^<]+)</g)].map(([, code]) => code);
  assert.equal(codes.length, 10, shown.body);
  const { url: reached } = await visitor.submit(shown, { saved: 'on', action: 'done' }, { until: `${home}/consent` });
  assert.ok(reached.href.startsWith(`${home}/consent`), `setting up the app led to ${reached.pathname}, not to consent`);
  return { someone, app, codes };
}

/** Somebody who has the password tries nine codes of the app's, which may be typing errors. */
async function guess(someone) {
  const visitor = new Visitor();
  const asked = await visitor.submit(await visitor.open((await authorization()).url), someone);
  assert.equal(asked.url.pathname, '/login/factor');
  for (let nth = 1; nth <= 9; nth += 1) {
    const { status } = await visitor.submit(asked, { code: String(nth).padStart(6, '0') });
    assert.equal(status, 422);
  }
}

/** From the demo's start to the second step. */
async function toSecond(page, someone) {
  await begin(page);
  await signIn(page, someone);
  await heading(page, 'One more step').waitFor();
}

/** An app's code is sent as soon as it is whole, where a script can do so. */
async function type(page, how, code, press = 'Continue') {
  await field(page).fill(code);
  if (how === 'without script') await button(page, press).click();
}

for (const { how, options } of browsers) {
  const focused = how === 'with script';

  journey(`${how}: an application that wants two factors has an app set up`, { ...options, expected: [status(422), status(400)] }, async ({ page }) => {
    const someone = await person();
    const request = await authorization({ acr_values: 'aal2' });
    await page.goto(request.url);
    await signIn(page, someone);
    await heading(page, 'Protect your account').waitFor();
    const app = phone(await page.locator('.secret').innerText());
    await type(page, how, '000000', 'Turn on');
    await faulty(page, field(page), wrongOfApp, { focused });
    await type(page, how, app(), 'Turn on');

    await heading(page, 'Keep your recovery codes').waitFor();
    const codes = await page.locator('.codes code').allInnerTexts();
    assert.equal(new Set(codes).size, 10);
    // They are shown until they are kept.
    await page.reload();
    assert.deepEqual(await page.locator('.codes code').allInnerTexts(), codes);
    await page.getByLabel('I have kept them in a safe place').check();
    await button(page, 'Continue').click();
    await heading(page, 'Authway demo asks for access').waitFor();
    await button(page, 'Allow').click();
    // The demo did not begin the request, and says so.
    await page.waitForURL(`${callback}?*`);
    const token = (await request.redeem(page.url())).claims();
    assert.deepEqual([token.acr, [...token.amr].sort()], ['aal2', ['mfa', 'otp', 'pwd']]);
  });

  journey(`${how}: the app's code is asked for, and a wrong one is not it`, { ...options, expected: [status(422)] }, async ({ page }) => {
    const { someone, app } = await withApp();
    await toSecond(page, someone);
    await page.getByText('Enter the code that your authenticator app shows.').waitFor();
    await type(page, how, '000000');
    await faulty(page, field(page), wrongOfApp, { focused });
    await type(page, how, app());
    await allow(page);
    await welcomed(page, someone);
    assert.equal((await claims(page, 'ID token, verified')).acr, 'aal2');
  });

  journey(`${how}: a recovery code lets in once, typed as people do`, { ...options, expected: [status(422)] }, async ({ page, context }) => {
    const { someone, codes: [first, second] } = await withApp();
    await toSecond(page, someone);
    await button(page, 'Use a recovery code').click();
    await page.getByText('Enter one of the recovery codes that you kept.').waitFor();
    await button(page, 'Use the authenticator app').click();
    await page.getByText('Enter the code that your authenticator app shows.').waitFor();
    await button(page, 'Use a recovery code').click();
    await field(page).fill(first.toLowerCase().replace(/[\s-]/g, ' '));
    await button(page, 'Continue').click();
    await allow(page, { remember: true });
    await welcomed(page, someone);

    await context.clearCookies();
    await toSecond(page, someone);
    await button(page, 'Use a recovery code').click();
    await field(page).fill(first);
    await button(page, 'Continue').click();
    await faulty(page, field(page), wrong, { focused });
    await field(page).fill(second);
    await button(page, 'Continue').click();
    await welcomed(page, someone);
  });

  journey(`${how}: after others' guesses the app's code has to wait, and a recovery code lets in`, { ...options, expected: [status(429)] }, async ({ page }) => {
    const { someone, app, codes: [code] } = await withApp();
    await guess(someone);
    await toSecond(page, someone);
    await type(page, how, '000000');
    await alert(page).getByText('Too many attempts.').waitFor();
    await alert(page).getByText(/^Time to wait: [01]:[0-9]{2}$/).waitFor();
    await field(page).fill('');
    await type(page, how, app());
    await alert(page).getByText('Too many attempts.').waitFor();
    await button(page, 'Use a recovery code').click();
    await field(page).fill(code);
    await button(page, 'Continue').click();
    await allow(page);
    await welcomed(page, someone);
  });
}
