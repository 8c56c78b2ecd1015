// A browser for a process, a fresh context for a visit, and a watch that fails the visit for anything the
// browser complains about. A complaint that is provoked on purpose has to be named, and has to come.

import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';
import { home } from './endpoints.mjs';

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let browser;

async function launched() {
  browser ??= await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: flags });
  return browser;
}

export const close = () => browser?.close();

const isLocal = (address) => {
  const { protocol, hostname } = new URL(address);
  return protocol === 'data:' || protocol === 'blob:' || hostname === 'localhost' || hostname === '127.0.0.1';
};

/** An address without its query: a challenge fills a screen. */
const short = (address) => address.split('?', 1)[0];

/**
 * Notes what goes wrong in a context. Violations of the policy and of Trusted Types are console errors, and
 * React reports a failed hydration as an error of the page.
 */
function watch(context) {
  const complaints = [];
  context.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') {
      complaints.push(`console ${message.type()}: ${message.text()} (${short(message.location().url)})`);
    }
  });
  context.on('weberror', (error) => complaints.push(`page error: ${error.error()}`));
  context.on('request', (request) => {
    if (!isLocal(request.url())) complaints.push(`request to elsewhere: ${short(request.url())}`);
  });
  return complaints;
}

function judge(complaints, expected) {
  const unexpected = complaints.filter((complaint) => !expected.some((pattern) => pattern.test(complaint)));
  assert.deepEqual(unexpected, [], 'the browser complained');
  const absent = expected.filter((pattern) => !complaints.some((complaint) => pattern.test(complaint)));
  assert.deepEqual(absent, [], 'the browser did not complain as expected');
}

/** What the person had before them when a journey failed. */
async function scene(context, complaints) {
  const pages = context.pages().map(async (page) => {
    const text = await page.locator('main').innerText({ timeout: 1000 }).catch(() => 'no text');
    return `at ${short(page.url())}, which says:\n${text.replace(/^/gm, '  | ')}`;
  });
  return [...(await Promise.all(pages)), ...complaints].join('\n');
}

/** A context of its own for `visit`, which is given { page, context }. `expected` are the complaints to come. */
export async function visiting({ expected = [], ...options }, visit) {
  const context = await (await launched()).newContext({ locale: 'en', baseURL: home, ...options });
  const complaints = watch(context);
  const page = await context.newPage();
  try {
    await visit({ page, context });
  } catch (error) {
    throw new Error(await scene(context, complaints), { cause: error });
  } finally {
    await context.close();
  }
  judge(complaints, expected);
}

/** What the browser says of an answer with this status. */
export const status = (code) => new RegExp(`console error: Failed to load resource: .* status of ${code} `);

/** What it says when the network fails. */
export const networkFailure = /console error: Failed to load resource: net::ERR_/;
