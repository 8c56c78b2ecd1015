// What a person finds in their mailbox.

import assert from 'node:assert/strict';
import { setInterval } from 'node:timers/promises';
import { endpoints } from './endpoints.mjs';

const patience = 20_000;
const look = 50;

/** Waits for the mail of that number (from 1) to an address. */
export async function mail(address, nth = 1) {
  const until = Date.now() + patience;
  for await (const _ of setInterval(look)) {
    const response = await fetch(`${endpoints.mailbox_url}/messages`);
    const theirs = (await response.json()).filter(({ to }) => to.includes(address)).reverse();
    if (theirs.length >= nth) return theirs[nth - 1];
    if (Date.now() > until) break;
  }
  return assert.fail(`mail ${nth} to ${address} has not come`);
}

/** The code in it. */
export async function code(address, nth) {
  const { text } = await mail(address, nth);
  const found = text.match(/^\s*(\d{8})\s*$/m);
  assert.ok(found, `there is no code in the mail: ${text}`);
  return found[1];
}

/** The link in it. */
export async function link(address, nth) {
  const { text } = await mail(address, nth);
  const found = text.match(/https?:\S+/);
  assert.ok(found, `there is no link in the mail: ${text}`);
  return found[0];
}
