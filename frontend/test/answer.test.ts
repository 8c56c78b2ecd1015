import { expect, test } from 'vitest';
import { read, safeLink } from '../src/login/answer';
import { plainLook } from '../src/login/view';

test.each([
  ['https://app.test/a?b=1', 'https://app.test/a?b=1'],
  ['/login?x=1', '/login?x=1'],
  ['javascript:alert(1)', ''],
  [' java\tscript:alert(1)', ''],
  ['data:text/html,x', ''],
  ['http://[', ''],
  [7, ''],
])('%s is followed as %s', (address, link) => {
  expect(safeLink(address)).toBe(link);
});

test('a client shows only links a page may follow and images the policy loads', async () => {
  const client = { id: 'shop', logo: 'https://elsewhere.test/a.png', uri: 'javascript:x', policy: 'https://a.test/' };
  const answer = await read(Response.json({ client }));
  expect(answer).toEqual({
    ok: true,
    flow: { redirectTo: '', email: '', client: { id: 'shop', name: 'shop', logo: '', uri: '', policy: 'https://a.test/', terms: '' }, flow: '', providers: [], look: plainLook, closed: false, least: 12 },
  });
});

test('providers of any shape are texts to the page', async () => {
  const answer = await read(Response.json({ flow: 7, providers: [null, 'x', { id: 'acme', name: ['Acme'] }] }));
  expect(answer).toMatchObject({ ok: true, flow: { flow: '', providers: [{ id: 'acme', name: '' }] } });
});

test.each([
  [42, '0:42'],
  [3570, '59:30'],
  [3600, '1:00:00'],
  [86399, '23:59:59'],
  [0, ''],
  ['7', ''],
])('a wait of %s seconds is "%s"', async (seconds, wait) => {
  const answer = await read(Response.json({ code: 'too_many_requests', retry_after: seconds }, { status: 429 }));
  expect(answer).toMatchObject({ ok: false, problem: { wait } });
});
