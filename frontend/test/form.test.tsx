import { cleanup, configure, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { App } from '../src/login/App';
import type { Answer } from '../src/login/answer';
import { browser } from '../src/login/dialect';
import { en } from '../src/login/locales/en';
import { pages } from '../src/login/pages';
import { emptyView, plainLook, type PageName, type View } from '../src/login/view';

// A busy machine is slow, not wrong.
configure({ asyncUtilTimeout: 10_000 });

const server = vi.fn<typeof fetch>();

function open(page: PageName, rest: Partial<View> = {}, flow: Promise<Answer> | null = null) {
  render(<App first={{ ...emptyView(page, 'en'), ...rest }} pages={pages} catalog={en} dialect={browser} flow={flow} />);
}
const refuse = (status: number, body: object) => Promise.resolve(Response.json(body, { status }));
const email = () => screen.getByLabelText<HTMLInputElement>('E-mail address');
const password = () => screen.getByLabelText<HTMLInputElement>('Password');
const signIn = () => screen.getByRole('button', { name: 'Sign in' });

async function fillIn() {
  await userEvent.type(email(), 'kim@example.com');
  await userEvent.type(password(), 'not the one');
}

beforeEach(() => { vi.stubGlobal('fetch', server); });
afterEach(() => {
  cleanup();
  server.mockReset();
  vi.unstubAllGlobals();
});

test('a form in flight is not sent again', async () => {
  server.mockReturnValue(new Promise<Response>(() => undefined));
  open('login');
  await fillIn();
  await userEvent.click(signIn());
  await userEvent.click(signIn());
  await userEvent.type(password(), '{Enter}');
  expect(server).toHaveBeenCalledTimes(1);
  expect(signIn().getAttribute('aria-disabled')).toBe('true');
  const body = server.mock.calls[0]?.[1]?.body as URLSearchParams;
  expect(body.toString()).toBe('email=kim%40example.com&password=not+the+one');
});

test('a refusal takes focus every time and keeps what was typed', async () => {
  server.mockImplementation(() => refuse(401, { code: 'wrong_credentials' }));
  open('login');
  await fillIn();
  for (let time = 1; time <= 2; time++) {
    await userEvent.click(signIn());
    await waitFor(() => { expect(document.activeElement).toBe(screen.getByRole('alert')); });
    expect(server).toHaveBeenCalledTimes(time);
  }
  expect(screen.getByRole('alert').textContent).toBe(en.alerts.wrong_credentials);
  expect(email().value).toBe('kim@example.com');
  expect(password().value).toBe('not the one');
  expect(document.title).toMatch(/^Error: /);
});

test('without a connection the entries stay and the same button tries again', async () => {
  server.mockRejectedValueOnce(new TypeError('failed')).mockImplementation(() => refuse(503, { code: 'overloaded', retry_after: 8 }));
  open('login');
  await fillIn();
  await userEvent.click(signIn());
  await waitFor(() => { expect(screen.getByRole('alert').textContent).toBe(en.scripted.offline); });
  expect(password().value).toBe('not the one');
  await userEvent.click(signIn());
  await waitFor(() => { expect(screen.getByRole('alert').textContent).toContain('Time to wait: 0:08'); });
});

test('an answer that is no JSON is told apart by its status', async () => {
  server
    .mockResolvedValueOnce(new Response('<h1>bad gateway</h1>', { status: 502 }))
    .mockResolvedValueOnce(new Response('<h1>hello</h1>', { status: 200 }));
  open('login');
  await fillIn();
  await userEvent.click(signIn());
  await waitFor(() => { expect(screen.getByRole('alert').textContent).toBe(en.alerts.unavailable); });
  await userEvent.click(signIn());
  await waitFor(() => { expect(screen.getByRole('alert').textContent).toBe(en.alerts.internal); });
});

test('a fault of one field is told there, before anything is sent', async () => {
  open('register');
  await userEvent.type(screen.getByLabelText('Name'), 'Kim');
  await userEvent.type(email(), 'kim');
  await userEvent.click(screen.getByRole('button', { name: 'Create account' }));
  expect(server).not.toHaveBeenCalled();
  expect(document.activeElement).toBe(email());
  expect(email().getAttribute('aria-invalid')).toBe('true');
  const [first = ''] = email().getAttribute('aria-describedby')?.split(' ') ?? [];
  expect(document.getElementById(first)?.textContent).toBe(en.fields.email_invalid);
  expect(screen.queryByRole('alert')).toBeNull();
});

test('buttons that are not the form\'s own go to the server the plain way', async () => {
  const submitted = vi.fn((event: Event) => {
    expect(event.defaultPrevented).toBe(false);
    event.preventDefault();
  });
  addEventListener('submit', submitted);
  open('login');
  await userEvent.click(screen.getByRole('button', { name: 'Create account' }));
  await userEvent.click(screen.getByRole('button', { name: '한국어' }));
  removeEventListener('submit', submitted);
  expect(submitted).toHaveBeenCalledTimes(2);
  expect(server).not.toHaveBeenCalled();
});

test('an expired sign-in gives way to a message with a way back in', async () => {
  server.mockImplementation(() => refuse(410, { code: 'expired', next: 'https://id.test/again' }));
  open('login');
  await fillIn();
  await userEvent.click(signIn());
  const heading = await screen.findByRole('heading', { name: en.messages.expired.title });
  expect(document.activeElement).toBe(heading);
  expect(screen.getByRole('link', { name: 'Start again' }).getAttribute('href')).toBe('https://id.test/again');
});

test('a decision carries the scopes still ticked', async () => {
  server.mockReturnValue(new Promise<Response>(() => undefined));
  const scopes = [{ name: 'openid', required: true }, { name: 'email', required: false }, { name: 'orders', required: false }];
  open('consent', { scopes, client: { ...emptyView('consent', 'en').client, name: 'Acme' } });
  await userEvent.click(screen.getByLabelText(en.scopes.email));
  await userEvent.click(screen.getByRole('button', { name: 'Allow' }));
  const body = server.mock.calls[0]?.[1]?.body as URLSearchParams;
  expect(body.toString()).toBe('scope=openid&scope=orders&decision=allow');
});

test('what the flow knows arrives later: the client and the providers show, a hint fills only an empty field', async () => {
  const client = { id: 'a', name: 'Acme', logo: '', uri: '', policy: '', terms: '' };
  const providers = [{ id: 'google', name: 'Google' }, { id: 'acme', name: 'Acme ID' }];
  const answer: Answer = { ok: true, flow: { redirectTo: '', email: 'hint@example.com', client, flow: 'FLOW', providers, look: { ...plainLook, name: 'Acme Inc' }, closed: true, least: 14 } };
  let tell: (answer: Answer) => void = () => undefined;
  open('login', {}, new Promise((resolve) => { tell = resolve; }));
  await userEvent.type(email(), 'mine@example.com');
  tell(answer);
  await screen.findByText('to continue to Acme');
  expect(email().value).toBe('mine@example.com');
  const links = screen.getAllByRole('link').map((link) => [link.textContent, link.getAttribute('href')]);
  expect(links).toEqual([
    ['Continue with Google', '/login/provider/google?flow=FLOW'],
    ['Continue with Acme ID', '/login/provider/acme?flow=FLOW'],
  ]);
  expect(screen.getByRole('banner').textContent).toBe('Acme Inc');
  expect(document.title).toBe('Sign in · Acme Inc');
  expect(screen.queryByRole('button', { name: en.text.createAccount })).toBeNull();
  cleanup();
  open('login', {}, Promise.resolve(answer));
  await waitFor(() => { expect(email().value).toBe('hint@example.com'); });
});
