// Signing in to an application, its tokens, and signing out again.

import assert from 'node:assert/strict';
import { browsers, endpoints, home, journey, status } from '../harness.mjs';
import { person } from '../people.mjs';
import { alert, allow, begin, button, claims, enter, forget, heading, leave, signIn, welcomed } from '../steps.mjs';

const demoUser = { name: 'Demo User', email: endpoints.demo_user, password: endpoints.demo_password };
const texts = {
  openid: 'Know who you are',
  offline_access: 'Keep this access while you are away',
  profile: 'See your name and profile',
  email: 'See your e-mail address',
};

async function seesWhatIsAsked(page, someone) {
  await heading(page, 'Authway demo asks for access').waitFor();
  await page.getByText(`Signed in as ${someone.email}`).waitFor();
  for (const text of Object.values(texts)) await page.getByText(text, { exact: true }).waitFor();
  assert.equal(await page.getByRole('checkbox', { name: texts.email }).isChecked(), true);
  assert.equal(await page.getByRole('checkbox', { name: texts.openid }).count(), 0, 'openid can be unticked');
}

for (const { how, options } of browsers) {
  journey(`${how}: in, user info, refresh, out, and in again with a remembered consent`, options, async ({ page }) => {
    const someone = how === 'with script' ? demoUser : await person();
    await begin(page);
    await signIn(page, someone);
    await seesWhatIsAsked(page, someone);
    await allow(page);
    await welcomed(page, someone);

    const token = await claims(page, 'ID token, verified');
    assert.deepEqual([token.iss, token.aud, token.email], [home, 'demo', someone.email]);
    await page.getByText('openid offline_access profile email').waitFor();

    await button(page, 'Ask for user info').click();
    const info = await claims(page, 'What the user info endpoint says');
    assert.deepEqual([info.sub, info.email], [token.sub, someone.email]);

    await button(page, 'Refresh tokens').click();
    await page.getByText('New tokens, from the refresh token.').waitFor();
    assert.equal((await claims(page, 'ID token, verified')).sub, token.sub);

    await leave(page, someone);
    await enter(page, someone, { remember: true });
    await leave(page, someone);
    await begin(page);
    await signIn(page, someone);
    await welcomed(page, someone);
  });

  journey(`${how}: a scope that is unticked is not granted`, options, async ({ page }) => {
    const someone = await person();
    await begin(page);
    await signIn(page, someone);
    await page.getByRole('checkbox', { name: texts.email }).uncheck();
    await allow(page);
    await page.getByText('openid offline_access profile', { exact: true }).waitFor();
    assert.equal((await claims(page, 'ID token, verified')).email, undefined);
  });

  journey(`${how}: who denies is told so and can try again`, { ...options, expected: [status(400)] }, async ({ page }) => {
    const someone = await person();
    await begin(page);
    await signIn(page, someone);
    await button(page, 'Deny').click();
    await alert(page).getByText('access_denied').waitFor();
    await button(page, 'Try again').click();
    await allow(page);
    await welcomed(page, someone);
  });

  journey(`${how}: a known person does not type again`, options, async ({ page, context }) => {
    const someone = await person();
    await enter(page, someone);
    await forget(context);
    await begin(page, 'consent');
    await allow(page, { remember: true });
    await welcomed(page, someone);

    await forget(context);
    await page.goto('/demo');
    await button(page, 'Sign in').click();
    await welcomed(page, someone);
  });
}

journey('who does not want to sign out stays signed in', {}, async ({ page, context }) => {
  const someone = await person();
  await enter(page, someone);
  await button(page, 'Sign out').click();
  await button(page, 'Stay signed in').click();
  await page.waitForURL('**/demo');
  await forget(context);
  await begin(page, 'consent');
});
