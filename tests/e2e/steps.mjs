// What a person does on the way through, in English.

import assert from 'node:assert/strict';
import { code } from './mailbox.mjs';

export const email = (page) => page.getByLabel('E-mail address');
export const password = (page) => page.getByLabel('Password', { exact: true });
export const button = (page, name) => page.getByRole('main').getByRole('button', { name, exact: true });
export const heading = (page, name) => page.getByRole('heading', { level: 1, name, exact: true });
export const alert = (page) => page.getByRole('alert');

/** From the start of the demo to the form of `login` or `consent`. */
export async function begin(page, where = 'login') {
  await page.goto('/demo');
  await button(page, 'Sign in').click();
  await page.waitForURL(`**/${where}?*`, { waitUntil: 'commit' });
}

export async function fill(page, someone) {
  await email(page).fill(someone.email);
  await password(page).fill(someone.password);
}

/** Fills and sends the sign-in form. */
export async function signIn(page, someone) {
  await fill(page, someone);
  await button(page, 'Sign in').click();
}

/** Types the code that was mailed to prove the address. */
export async function verify(page, someone) {
  await page.waitForURL('**/login/verify?flow=*');
  await page.locator('#code').fill(await code(someone.email));
  await button(page, 'Continue').click();
}

export async function allow(page, { remember = false } = {}) {
  await heading(page, 'Authway demo asks for access').waitFor();
  if (remember) await page.getByLabel('Do not ask again').check();
  await button(page, 'Allow').click();
}

/** The demo's page of somebody who is signed in. */
export async function welcomed(page, someone) {
  await heading(page, `Hello, ${someone.name}`).waitFor();
  assert.equal(new URL(page.url()).pathname, '/demo');
  await page.getByText(`You are signed in as ${someone.email}.`).waitFor();
}

/** The whole way from the demo's start to being signed in. */
export async function enter(page, someone, choice) {
  await begin(page);
  await signIn(page, someone);
  await allow(page, choice);
  await welcomed(page, someone);
}

/** From the demo's page, through the question, back to its start. */
export async function leave(page, someone) {
  await button(page, 'Sign out').click();
  await heading(page, 'Sign out?').waitFor();
  await page.getByText(`Signed in as ${someone.email}`).waitFor();
  await button(page, 'Sign out').click();
  await page.waitForURL('**/demo?state=*');
  await page.getByText('You are signed out').waitFor();
}

/** Lets the demo forget the person, as a second application would not know them; Authway still does. */
export const forget = (context) => context.clearCookies({ name: 'authway_demo' });

/** The rows of a list of claims, under the heading `title`. */
export async function claims(page, title) {
  const section = page.locator('section', { has: page.getByRole('heading', { name: title }) });
  const rows = section.locator('dl > div');
  await rows.first().waitFor();
  const pairs = await rows.evaluateAll((all) =>
    all.map((row) => [row.querySelector('dt').firstChild.textContent, row.querySelector('dd').textContent]),
  );
  return Object.fromEntries(pairs);
}

/** Asserts that a field is marked as wrong, with `text` as its description and focus in it. */
export async function faulty(page, field, text, { focused = true } = {}) {
  await page.getByText(text, { exact: true }).waitFor();
  const found = await field.evaluate((input) => ({
    invalid: input.getAttribute('aria-invalid'),
    described: (input.getAttribute('aria-describedby') ?? '')
      .split(' ')
      .map((id) => document.getElementById(id)?.textContent),
    focused: document.activeElement === input,
  }));
  assert.equal(found.invalid, 'true');
  assert.ok(found.described.includes(text), `the field is described by ${JSON.stringify(found.described)}`);
  if (focused) assert.equal(found.focused, true, 'the field does not have focus');
}
