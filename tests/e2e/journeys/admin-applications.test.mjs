// What an operator does with applications.

import assert from 'node:assert/strict';
import { faults } from '../faults.mjs';
import { home, journey, status } from '../harness.mjs';
import { operator } from '../operator.mjs';
import { button, heading } from '../steps.mjs';

const dialog = (page) => page.getByRole('dialog');
const inDialog = (page, name) => dialog(page).getByRole('button', { name, exact: true });
const tab = (page, name) => page.getByRole('tab', { name, exact: true });
const said = (page, text) => page.getByText(text, { exact: true }).first();
const word = () => Math.random().toString(36).slice(2, 10);

/** What a program gets for its secret. */
async function token(id, secret) {
  const response = await fetch(`${home}/oauth2/token`, {
    method: 'POST',
    headers: { Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  return response.status;
}

/** Goes through the first step of the wizard. */
async function begin(page, kind, name) {
  await page.goto('/admin/t/default/applications/new');
  await page.getByRole('radio', { name: kind }).check({ force: true });
  await page.getByLabel('Name', { exact: true }).fill(name);
  await button(page, 'Next').click();
}

/** Keeps the secret that is shown, and gives it. */
async function secretOf(page) {
  const shown = page.locator('.secret');
  await shown.waitFor();
  const secret = await shown.innerText();
  await page.getByRole('button', { name: 'I have kept it', exact: true }).click();
  return secret;
}

/** Makes a machine and opens it. */
async function machine(page, name) {
  await begin(page, 'Machine', name);
  await button(page, 'Create').click();
  await heading(page, `${name} is registered`).waitFor();
  const secret = await secretOf(page);
  await page.getByRole('link', { name: 'Open the application' }).click();
  await heading(page, name).waitFor();
  return { id: decodeURIComponent(new URL(page.url()).pathname.split('/').at(-1)), secret };
}

journey('an application is made, and what is typed is checked', {}, async ({ page, context }) => {
  await operator(context);
  const name = `Shop ${word()}`;
  await begin(page, 'Web server', name);
  const uris = page.getByLabel('Redirect URIs');
  for (const [uri, fault] of [
    ['https://*.shop.example/', 'Wildcards are not taken'], ['http://shop.example/', 'Without https only'], ['https://shop.example/#top', 'must not have a fragment'],
  ]) {
    await uris.fill(uri);
    await page.locator('[data-findings="redirectUris"]').getByText(fault).waitFor();
  }
  await uris.fill('https://shop.example/callback');
  await page.locator('[data-findings="redirectUris"] > *').first().waitFor({ state: 'detached' });
  await button(page, 'Create').click();
  await heading(page, `${name} is registered`).waitFor();
  assert.ok((await secretOf(page)).length >= 43);
  await page.getByText(`${home}/.well-known/openid-configuration`, { exact: true }).waitFor();
  await page.getByRole('link', { name: 'Open the application' }).click();
  await heading(page, name).waitFor();
  assert.equal(await page.locator('.secret').count(), 0);
  await page.getByLabel('Web site').fill('https://shop.example/');
  await button(page, 'Save').click();
  await said(page, 'The application is saved.').waitFor();
  await tab(page, 'Connect').click();
  const [opened] = await Promise.all([context.waitForEvent('page'), page.getByRole('link', { name: 'Begin a sign-in' }).click()]);
  await opened.waitForURL(/\/(login|consent)\?/);
  await opened.close();
  await page.goto(`/admin/t/default/applications?q=${encodeURIComponent(name)}`);
  const rows = page.locator('[aria-label="Applications"] tbody tr');
  await rows.filter({ hasText: name }).waitFor();
  assert.equal(await rows.count(), 1);
});

journey('what is refused is said at its field', { expected: [status(422)] }, async ({ page, context }) => {
  await operator(context);
  await begin(page, 'Browser', `Page ${word()}`);
  const uris = page.getByLabel('Redirect URIs');
  await uris.fill('javascript:alert(1)');
  await button(page, 'Create').click();
  await page.locator('.error').getByText('Only https, http at this computer').first().waitFor();
  await uris.fill('https://page.example/');
  await button(page, 'Create').click();
  await page.getByRole('heading', { level: 1, name: /is registered/ }).waitFor();
});

journey('two secrets are good for a while, and a deleted application is gone', {}, async ({ page, context }) => {
  await operator(context);
  const name = `Robot ${word()}`;
  const { id, secret } = await machine(page, name);
  assert.equal(await token(id, secret), 200);
  await tab(page, 'Secret').click();
  await button(page, 'New secret').click();
  await dialog(page).getByLabel('The present secret stays good for').selectOption('One day');
  await dialog(page).getByLabel('Reason').fill('It is old');
  await inDialog(page, 'New secret').click();
  const second = await secretOf(page);
  assert.notEqual(second, secret);
  assert.deepEqual([await token(id, secret), await token(id, second)], [200, 200]);
  await button(page, 'End the former secret').click();
  await dialog(page).getByLabel('Reason').fill('All have it');
  await inDialog(page, 'End the former secret').click();
  await said(page, 'Only the new secret is good.').waitFor();
  await assert.doesNotReject(async () => {
    for (let tries = 0; await token(id, secret) !== 401; tries += 1) assert.ok(tries < 500);
  });
  assert.equal(await token(id, second), 200);

  await tab(page, 'End').click();
  await button(page, 'Delete the application').click();
  await dialog(page).getByLabel('To go on').fill(id);
  await dialog(page).getByLabel('Reason').fill('Not needed');
  await inDialog(page, 'Delete the application').click();
  await heading(page, 'Applications').waitFor();
  await said(page, `${name} is deleted.`).waitFor();
  assert.equal(await token(id, second), 401);
});

journey('what a file declares is restored', { expected: [status(404)] }, async ({ page, context }) => {
  await operator(context);
  await page.goto('/admin/t/default/applications');
  // The journeys before this one may have restored it.
  const gone = page.getByRole('heading', { name: 'Declared, and gone' });
  await page.locator('[aria-busy="true"]').waitFor({ state: 'detached' });
  await page.goto('/admin/t/default/applications/declared-shop');
  await page.getByRole('heading', { name: 'Declared shop' }).waitFor();
  if (await button(page, 'Restore').count()) {
    await button(page, 'Restore').click();
    await inDialog(page, 'Restore').click();
    await dialog(page).waitFor({ state: 'detached' });
  }
  await page.getByText('A file declares this application. What you change here may be changed back.').waitFor();
  await page.getByLabel('Name', { exact: true }).fill('Undeclared shop');
  await page.getByLabel('Redirect URIs').fill('https://undeclared.example/callback');
  await button(page, 'Save').click();
  await page.getByRole('heading', { name: 'It is not as it is declared' }).waitFor();
  const difference = page.getByRole('region', { name: 'Differences' });
  await difference.getByText('Undeclared shop').waitFor();
  await difference.getByText('https://declared.example/callback').waitFor();
  await button(page, 'Restore').click();
  await dialog(page).getByLabel('Reason').fill('As it was');
  await inDialog(page, 'Restore').click();
  await said(page, 'The application is as it is declared.').waitFor();
  await page.getByRole('heading', { level: 1, name: 'Declared shop' }).waitFor();
  await tab(page, 'End').click();
  assert.equal(await button(page, 'Delete the application').isDisabled(), true);
  assert.equal(await gone.count(), 0);
});

const looks = {
  light: {}, dark: { colorScheme: 'dark' }, arabic: { locale: 'ar' }, korean: { locale: 'ko', viewport: { width: 320, height: 640 } },
};

for (const [look, options] of Object.entries(looks)) {
  journey(`${look}: no page of applications has a violation`, options, async ({ page, context }) => {
    await operator(context);
    const made = await page.request.post('/api/admin/v1/tenants/default/applications', {
      headers: { Origin: home, 'Sec-Fetch-Site': 'same-origin' },
      data: { kind: 'web', settings: { name: `Look ${look}`, redirectUris: ['http://localhost:3000/'], claims: { email: ['email'] } } },
    });
    const { application } = await made.json();
    const found = {};
    const at = async (name, path, shown) => {
      await page.goto(path);
      await page.locator(shown).first().waitFor();
      await page.locator('[aria-busy="true"]').waitFor({ state: 'detached' });
      const wrong = await faults(page);
      if (wrong.length) found[name] = wrong;
    };
    await at('list', '/admin/t/default/applications', 'tbody tr');
    await at('new', '/admin/t/default/applications/new', '[role="radiogroup"]');
    for (const part of ['settings', 'secret', 'connect', 'danger']) {
      await at(part, `/admin/t/default/applications/${application.id}?tab=${part}`, '[role="tabpanel"] section');
    }
    await page.goto(`/admin/t/default/applications/${application.id}`);
    await page.locator('textarea[name="redirectUris"]').fill('http://localhost:3000/\nhttps://*.example/');
    await page.locator('[data-findings="redirectUris"] .error').waitFor();
    const typed = await faults(page);
    if (typed.length) found.typed = typed;
    assert.deepEqual(found, {});
  });
}
