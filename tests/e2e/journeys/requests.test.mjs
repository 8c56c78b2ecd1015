// What an authorization request may ask of the sign-in page (OpenID Connect Core 3.1.2.1).

import assert from 'node:assert/strict';
import { authorization, callback } from '../application.mjs';
import { browsers, journey, status } from '../harness.mjs';
import { person } from '../people.mjs';
import { button, email, enter, heading, password } from '../steps.mjs';

/** Goes by `step` to the application's callback and returns its address. The demo did not begin the request, and ignores it. */
async function back(page, step) {
  const [request] = await Promise.all([page.waitForRequest(`${callback}?*`), step()]);
  return request.url();
}

for (const { how, options } of browsers) {
  journey(`${how}: prompt=login asks a known person again, with the address filled in`, options, async ({ page }) => {
    const someone = await person();
    await enter(page, someone, { remember: true });
    const first = await authorization();
    const before = (await first.redeem(await back(page, () => page.goto(first.url)))).claims().auth_time;

    const again = await authorization({ prompt: 'login' });
    await page.goto(again.url);
    await heading(page, 'Sign in').waitFor();
    assert.equal(await email(page).inputValue(), someone.email);
    await password(page).fill(someone.password);
    const after = (await again.redeem(await back(page, () => button(page, 'Sign in').click()))).claims().auth_time;
    assert.ok(after > before, `signed in again at ${after}, before at ${before}`);
  });

  journey(`${how}: login_hint fills the address in`, options, async ({ page }) => {
    await page.goto((await authorization({ login_hint: 'ada@example.org' })).url);
    await heading(page, 'Sign in').waitFor();
    assert.equal(await email(page).inputValue(), 'ada@example.org');
    await page.waitForFunction(() => document.activeElement?.id === 'password');
  });

  for (const [language, direction, title] of [['ko', 'ltr', '로그인'], ['ar', 'rtl', 'تسجيل الدخول']]) {
    journey(`${how}: ui_locales=${language} speaks it`, options, async ({ page }) => {
      await page.goto((await authorization({ ui_locales: language })).url);
      await heading(page, title).waitFor();
      const root = page.locator('html');
      assert.deepEqual([await root.getAttribute('lang'), await root.getAttribute('dir')], [language, direction]);
    });
  }

  journey(`${how}: the language chosen on the page keeps what was typed, and stays`, options, async ({ page }) => {
    await page.goto((await authorization()).url);
    await email(page).fill('ada@example.org');
    await page.getByRole('button', { name: '한국어' }).click();
    await heading(page, '로그인').waitFor();
    assert.equal(await page.locator('input[name=email]').inputValue(), 'ada@example.org');
    await page.goto((await authorization()).url);
    await heading(page, '로그인').waitFor();
  });
}

journey('prompt=none without a session goes back with login_required', { expected: [status(400)] }, async ({ page }) => {
  const { url } = await authorization({ prompt: 'none' });
  const reached = await back(page, () => page.goto(url));
  assert.equal(new URL(reached).searchParams.get('error'), 'login_required');
});
