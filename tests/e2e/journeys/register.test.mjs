// Making an account in the middle of a sign-in, and going on to the application with it.

import assert from 'node:assert/strict';
import { browsers, journey, status } from '../harness.mjs';
import { link, mail } from '../mailbox.mjs';
import { person, stranger } from '../people.mjs';
import { allow, begin, button, claims, email, faulty, fill, heading, leave, password, signIn, verify, welcomed } from '../steps.mjs';

const name = (page) => page.getByLabel('Name', { exact: true });

// The page's own first request sets the browser's cookie: who leaves before its answer may have to start again.
async function toRegister(page, how) {
  const known = how === 'with script' ? page.waitForResponse('**/api/login/flow?*') : undefined;
  await begin(page);
  await known;
  await button(page, 'Create account').click();
  await page.waitForURL('**/register?flow=*');
}

async function fillAll(page, someone) {
  await name(page).fill(someone.name);
  await fill(page, someone);
}

for (const { how, options } of browsers) {
  journey(`${how}: from the sign-in page into the application, and in again with the new password`, options, async ({ page }) => {
    const someone = stranger();
    await toRegister(page, how);
    await fillAll(page, someone);
    await button(page, 'Create account').click();
    await verify(page, someone);
    await allow(page, { remember: true });
    await welcomed(page, someone);
    assert.equal((await claims(page, 'ID token, verified')).name, someone.name);
    await leave(page, someone);
    await begin(page);
    await signIn(page, someone);
    await welcomed(page, someone);
  });

  journey(`${how}: the application asks for registration, the person has an account`, options, async ({ page }) => {
    const someone = await person();
    await page.goto('/demo');
    // The page's first answer gives the browser what it is known by: who is faster than that has to start again.
    const known = how === 'with script' ? page.waitForResponse('**/api/login/flow?*') : undefined;
    await button(page, 'Create account').click();
    await heading(page, 'Create your account').waitFor();
    await known;
    await button(page, 'I have an account').click();
    await heading(page, 'Sign in').waitFor();
    await signIn(page, someone);
    await allow(page);
    await welcomed(page, someone);
  });

  journey(`${how}: what the server finds wrong is said at the field`, { ...options, expected: [status(422)] }, async ({ page }) => {
    const someone = stranger();
    const focused = how === 'with script';
    await toRegister(page, how);
    await fillAll(page, { ...someone, password: 'short' });
    await button(page, 'Create account').click();
    await faulty(page, password(page), 'Use at least 12 characters.', { focused });
    assert.equal(await name(page).inputValue(), someone.name);
    assert.equal(await email(page).inputValue(), someone.email);

    await password(page).fill('Lovelace2026');
    await button(page, 'Create account').click();
    await faulty(page, password(page), 'Choose a password that does not contain your name or e-mail address.', { focused });

    await password(page).fill('correcthorsebatterystaple');
    await button(page, 'Create account').click();
    await faulty(page, password(page), 'This password is in lists of stolen passwords. Choose another.', { focused });

    await password(page).fill(someone.password);
    await button(page, 'Create account').click();
    await verify(page, someone);
    await allow(page);
    await welcomed(page, someone);
  });

  journey(`${how}: an address that is taken is not given away`, options, async ({ page }) => {
    const someone = await person();
    await toRegister(page, how);
    await fillAll(page, { ...someone, password: stranger().password });
    await button(page, 'Create account').click();
    await page.waitForURL('**/login/verify?flow=*');
    await page.getByText(someone.email).waitFor();
    // Who reads the mail is told.
    const { subject } = await mail(someone.email, 2);
    assert.equal(subject, 'You already have an account');
    await page.goto(await link(someone.email, 2));
    await signIn(page, someone);
    await allow(page);
    await welcomed(page, someone);
  });
}

journey('an empty or mistyped field is shown before anything is sent', {}, async ({ page }) => {
  await toRegister(page, 'with script');
  await page.getByRole('button', { name: 'Show password' }).waitFor();
  const sent = [];
  page.on('request', (request) => request.method() === 'POST' && sent.push(request.url()));

  await button(page, 'Create account').click();
  await faulty(page, name(page), 'Enter your name.');
  await name(page).fill('Ada');
  await button(page, 'Create account').click();
  await faulty(page, email(page), 'Enter your e-mail address.');
  await email(page).fill('ada.example.org');
  await button(page, 'Create account').click();
  await faulty(page, email(page), 'Enter an e-mail address like name@example.com.');
  await email(page).fill('ada@example.org');
  await button(page, 'Create account').click();
  await faulty(page, password(page), 'Enter your password.');
  assert.deepEqual(sent, []);
});
