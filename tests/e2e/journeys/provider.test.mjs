// Signing in at another provider.

import { browsers, journey } from '../harness.mjs';
import { person, stranger } from '../people.mjs';
import { allow, begin, button, email, heading, password, welcomed } from '../steps.mjs';

const acme = { name: 'Grace Hopper' };

async function choose(page) {
  await page.getByRole('link', { name: 'Continue with Acme' }).click();
}

async function answer(page, someone) {
  await heading(page, 'Acme').waitFor();
  await page.getByLabel('Address').fill(someone.email);
  await button(page, 'Go on').click();
}

for (const { how, options } of browsers) {
  const plain = options.javaScriptEnabled === false;

  journey(`${how}: somebody new comes by a provider`, options, async ({ page }) => {
    const someone = { ...stranger(), ...acme };
    await begin(page);
    if (plain) await button(page, 'Other ways to sign in').click();
    await choose(page);
    await answer(page, someone);
    await allow(page);
    await welcomed(page, someone);
  });

  journey(`${how}: an account is connected by signing in to it once`, options, async ({ page }) => {
    const someone = await person();
    await begin(page);
    if (plain) await button(page, 'Other ways to sign in').click();
    await choose(page);
    await answer(page, someone);
    await page.getByRole('status').filter({ hasText: 'You already have an account with this address.' }).waitFor();
    if (await email(page).inputValue() !== someone.email) throw new Error('the address is not filled in');
    await password(page).fill(someone.password);
    await button(page, 'Sign in').click();
    await heading(page, 'Authway demo asks for access').waitFor();
  });
}
