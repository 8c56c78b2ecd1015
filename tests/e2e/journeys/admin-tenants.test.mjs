// What an owner decides for a tenant, and how it is at the sign-in.

import assert from 'node:assert/strict';
import { deflateSync } from 'node:zlib';
import { faults } from '../faults.mjs';
import { home, journey } from '../harness.mjs';
import { operator } from '../operator.mjs';
import { person } from '../people.mjs';
import { button, heading } from '../steps.mjs';

const dialog = (page) => page.getByRole('dialog');
const inDialog = (page, name) => dialog(page).getByRole('button', { name, exact: true });
const said = (page, text) => page.getByText(text, { exact: true }).first();
const field = (page, name) => page.locator(`[name="${name}"]`);
const slugs = () => `acme-${Math.random().toString(36).slice(2, 10)}`;

/** A picture of one colour, as PNG (RFC 2083). */
function picture() {
  const table = Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c >>> 0;
  });
  const sum = (bytes) => (bytes.reduce((c, byte) => table[(c ^ byte) & 255] ^ (c >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0;
  const chunk = (kind, body) => {
    const out = Buffer.alloc(12 + body.length);
    out.writeUInt32BE(body.length, 0);
    out.write(kind, 4, 'latin1');
    body.copy(out, 8);
    out.writeUInt32BE(sum(out.subarray(4, 8 + body.length)), 8 + body.length);
    return out;
  };
  const head = Buffer.from([0, 0, 0, 8, 0, 0, 0, 8, 8, 2, 0, 0, 0]);
  const lines = Buffer.concat(Array.from({ length: 8 }, () => Buffer.concat([Buffer.from([0]), Buffer.alloc(24, 0x7c)])));
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', head), chunk('IDAT', deflateSync(lines)), chunk('IEND', Buffer.alloc(0))]);
}

async function create(page, name, slug) {
  await page.goto('/admin/system/tenants');
  await button(page, 'Create a tenant').click();
  await field(dialog(page), 'name').fill(name);
  await field(dialog(page), 'slug').fill(slug);
  await inDialog(page, 'Create').click();
  await said(page, `${name} is there.`).waitFor();
}

async function save(page) {
  await button(page, 'Review the changes').click();
  await dialog(page).locator('table.diff').waitFor();
  await inDialog(page, 'Save').click();
  await said(page, 'The settings are saved.').waitFor();
}

/** A stranger's look at a tenant's sign-in, in a browser of their own. */
async function stranger(page, slug, options, visit) {
  const context = await page.context().browser().newContext({ locale: 'en', baseURL: home, ...options });
  try {
    const other = await context.newPage();
    await other.goto(`/account/sign-in?tenant=${slug}`);
    await visit(other);
  } finally {
    await context.close();
  }
}

const colourOf = (page, property) => page.locator('form .button').first().evaluate((element, name) => getComputedStyle(element)[name], property);

journey('a tenant is dressed with a preview, and looks so at its sign-in', {}, async ({ page, context }) => {
  await operator(context);
  const slug = slugs();
  await create(page, 'Acme', slug);
  await page.goto(`/admin/t/${slug}/settings`);
  await field(page, 'look.accent').fill('#ffff00');
  await said(page, 'Text in this colour cannot be read. Choose a darker one.').waitFor();
  await field(page, 'look.accent').fill('#7c3aed');
  const pressed = page.locator('.preview[data-scheme="light"] .press');
  await page.waitForFunction((element) => getComputedStyle(element).backgroundColor === 'rgb(124, 58, 237)', await pressed.elementHandle());
  await field(page, 'look.logo').setInputFiles({ name: 'x.svg', mimeType: 'image/svg+xml', buffer: Buffer.from('<svg/>') });
  await said(page, 'This is not a PNG or WebP picture of 64 KiB and 1024 by 1024 points at most.').waitFor();
  await field(page, 'look.logo').setInputFiles({ name: 'x.png', mimeType: 'image/png', buffer: picture() });
  await page.locator('.preview img').first().waitFor();
  await field(page, 'look.welcome.en').fill('Good to see you');
  await field(page, 'look.support').fill('help@acme.example');
  assert.equal(await page.locator('.preview').getByText('Good to see you').count(), 2);

  // Leaving would lose it.
  await page.getByRole('link', { name: 'Audit log', exact: true }).first().click();
  await dialog(page).getByText('What you have changed here is lost then.').waitFor();
  await inDialog(page, 'Stay').click();
  await save(page);

  for (const [scheme, colour] of [['light', 'rgb(124, 58, 237)'], ['dark', null]]) {
    await stranger(page, slug, { colorScheme: scheme }, async (other) => {
      await other.getByText('Good to see you').waitFor();
      await other.locator('.logo img').waitFor();
      await other.getByRole('banner').getByText('Acme').waitFor();
      assert.equal(await other.getByRole('link', { name: 'Help' }).getAttribute('href'), 'mailto:help@acme.example');
      await other.waitForFunction(() => document.querySelector('link[href^="/login/brand/"]')?.sheet);
      // Its colour comes over from another one.
      await other.waitForFunction(() => document.getAnimations().length === 0);
      const found = await colourOf(other, 'backgroundColor');
      if (colour) assert.equal(found, colour);
      else assert.notEqual(found, 'rgb(111, 209, 182)');
      assert.deepEqual(await faults(other), []);
    });
  }
  await stranger(page, slug, { javaScriptEnabled: false }, async (other) => {
    await other.getByRole('button', { name: 'Other ways to sign in' }).click();
    await other.getByText('Good to see you').waitFor();
    assert.equal(await colourOf(other, 'backgroundColor'), 'rgb(124, 58, 237)');
  });
});

journey('registration is closed, and the sign-in says so', {}, async ({ page, context }) => {
  await operator(context);
  const slug = slugs();
  await create(page, 'Closed', slug);
  await stranger(page, slug, {}, async (other) => {
    await button(other, 'Create account').click();
    await heading(other, 'Create your account').waitFor();
    const form = other.url();
    await page.goto(`/admin/t/${slug}/settings`);
    await page.locator('label', { hasText: 'By invitation only' }).click();
    await field(page, 'demands.minPassword').fill('20');
    await save(page);
    await other.goto(form);
    await heading(other, 'By invitation only').waitFor();
    await other.getByRole('link', { name: 'Sign in' }).click();
    await heading(other, 'Sign in').waitFor();
    await other.getByText('New here?').waitFor({ state: 'detached' });
  });
  await page.goto('/admin/system/tenants');
  await page.getByRole('searchbox').fill(slug);
  await page.keyboard.press('Enter');
  const row = page.locator('tbody tr').filter({ hasText: slug });
  await row.getByText('By invitation').waitFor();
});

journey('an empty tenant is deleted', {}, async ({ page, context }) => {
  await operator(context);
  const slug = slugs();
  await create(page, 'Brief', slug);
  await page.getByRole('searchbox').fill(slug);
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Actions for Brief' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await dialog(page).getByLabel('To go on').fill(slug);
  await dialog(page).getByLabel('Reason').fill('A test of it');
  await inDialog(page, 'Delete').click();
  await said(page, 'Brief is deleted.').waitFor();
  await said(page, 'There is no such tenant.').waitFor();
});

journey('somebody is given a role, and it is taken away', {}, async ({ page, context }) => {
  await operator(context);
  const someone = await person();
  await page.goto('/admin/t/default/access');
  await button(page, 'Give a role').click();
  await field(dialog(page), 'account').fill(someone.email);
  await dialog(page).locator('label', { hasText: 'Operator' }).click();
  await inDialog(page, 'Save').click();
  await said(page, `${someone.name} has the role now.`).waitFor();
  const row = page.locator('tbody tr').filter({ hasText: someone.email });
  await row.getByText('Operator').waitFor();
  await row.getByText('None', { exact: true }).waitFor();
  await row.getByRole('button', { name: `Actions for ${someone.name}` }).click();
  await page.getByRole('menuitem', { name: 'Take the role away' }).click();
  await dialog(page).getByLabel('Reason').fill('A test of it');
  await inDialog(page, 'Take the role away').click();
  await said(page, `${someone.name} does not have the role any more.`).waitFor();
  await row.waitFor({ state: 'detached' });

  await button(page, 'Add a role').click();
  await field(dialog(page), 'name').fill('billing:write');
  await field(dialog(page), 'description').fill('May pay bills');
  await inDialog(page, 'Save').click();
  await said(page, 'The role billing:write is saved.').waitFor();
  await page.getByRole('button', { name: 'Actions for billing:write' }).click();
  await page.getByRole('menuitem', { name: 'Remove' }).click();
  await dialog(page).getByLabel('To go on').fill('billing:write');
  await dialog(page).getByLabel('Reason').fill('A test of it');
  await inDialog(page, 'Remove').click();
  await said(page, 'The role billing:write is gone.').waitFor();
});

const looks = { light: {}, dark: { colorScheme: 'dark' }, arabic: { locale: 'ar' }, korean: { locale: 'ko', viewport: { width: 320, height: 640 } } };
const paths = { settings: 't/default/settings', access: 't/default/access', tenants: 'system/tenants', administrators: 'system/administrators' };

for (const [look, options] of Object.entries(looks)) {
  journey(`${look}: no page of tenants has a violation`, options, async ({ page, context }) => {
    await operator(context);
    const found = {};
    for (const [name, path] of Object.entries(paths)) {
      await page.goto(`/admin/${path}`);
      await page.locator('tbody tr, .preview, .empty').first().waitFor();
      await page.locator('[aria-busy="true"]').waitFor({ state: 'detached' });
      const wrong = await faults(page);
      if (wrong.length) found[name] = wrong;
    }
    assert.deepEqual(found, {});
  });
}
