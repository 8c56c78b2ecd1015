// An authenticator app (RFC 6238) into which a key was typed.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const seconds = 30;

function decoded(key) {
  const bits = [...key.replace(/\s/g, '')].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  return Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
}

function codeOf(secret, step) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const hash = createHmac('sha1', secret).update(counter).digest();
  const number = hash.readUInt32BE(hash.at(-1) & 0xf) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}

/** Each code is one that the app has not given before: that of now, and then the next one, which is taken already. */
export function phone(key) {
  const secret = decoded(key);
  let last = 0;
  return () => {
    const now = Math.floor(Date.now() / 1000 / seconds);
    last = Math.max(now, last + 1);
    assert.ok(last <= now + 1, 'the app has no third code before the next half minute');
    return codeOf(secret, last);
  };
}
