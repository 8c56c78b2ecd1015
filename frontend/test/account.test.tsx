import { cleanup, configure, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Overview, Session } from '../src/account/api';
import { App } from '../src/account/App';
import { en } from '../src/account/locales/en';
import { pageAt, pathOf, signInPath } from '../src/account/route';

// A busy machine is slow, not wrong.
configure({ asyncUtilTimeout: 10_000 });

const server = vi.fn<typeof fetch>();
const assign = vi.fn<(address: string) => void>();
const { text } = en;

const known: Overview = {
  account: { id: 'u', email: 'kim@example.com', emailVerified: true, name: 'Kim', locale: 'en', createdAt: '2026-01-01T00:00:00Z' },
  tenant: { slug: 'acme', name: 'Acme', requireMfa: false, minPassword: 14, look: { name: 'Acme Group', logo: '/login/brand/logo', accent: '0f6a58' } },
  session: { id: 's1', authenticatedAt: '2026-01-01T00:00:00Z', freshUntil: '2999-01-01T00:00:00Z' },
  pendingEmail: null,
  password: { set: true, changedAt: '2026-01-01T00:00:00Z' },
  totp: { on: false, addedAt: null },
  recoveryCodes: { left: 0, unread: false },
  passkeys: [],
  identities: [],
  providers: [],
};
const stale: Overview = { ...known, session: { ...known.session, freshUntil: '2026-01-01T00:10:00Z' } };

function session(id: string, browser: string, current = false): Session {
  const at = '2026-01-01T00:00:00Z';
  return { id, current, authenticatedAt: at, lastSeenAt: at, ip: '203.0.113.9', browser, system: 'Linux', remembered: false, methods: ['pwd'] };
}

/** Opens a page of the account, with `api` as what the API answers beside the overview. */
async function open(path: string, overview: Overview, api: (request: string, body: unknown) => Response | Promise<Response>) {
  history.replaceState(null, '', path);
  server.mockImplementation((address, init) => {
    const request = `${init?.method ?? ''} ${address as string}`;
    if (request === 'GET /api/account') return Promise.resolve(Response.json(overview));
    return Promise.resolve(api(request, init?.body ? JSON.parse(init.body as string) : undefined));
  });
  render(<App locale="en" catalog={en} first={Promise.resolve({ ok: true, value: overview })} />);
  await screen.findByText('kim@example.com', { selector: '.mail bdi' });
}
const yes = () => new Response(null, { status: 204 });
const no = (status: number, body: object) => Response.json(body, { status });
const asked = (request: string) => server.mock.calls.filter(([address, init]) => `${init?.method ?? ''} ${address as string}` === request).length;
const press = (name: string) => userEvent.click(screen.getByRole('button', { name }));
const name = () => screen.getByLabelText<HTMLInputElement>(text.name);

beforeEach(() => {
  vi.stubGlobal('fetch', server);
  vi.stubGlobal('scrollTo', vi.fn());
  const real = location;
  // Leaving is not done here, and cannot be replaced in the real one.
  vi.stubGlobal('location', new Proxy({}, { get: (_, key) => (key === 'assign' ? assign : Reflect.get(real, key) as unknown) }));
  // jsdom draws no dialogs.
  HTMLDialogElement.prototype.showModal = function showModal() { this.open = true; };
  HTMLDialogElement.prototype.close = function close() { this.open = false; };
});
afterEach(() => {
  cleanup();
  server.mockReset();
  assign.mockReset();
  sessionStorage.clear();
  vi.unstubAllGlobals();
});

test.each([
  ['/account', 'profile'],
  ['/account/', 'profile'],
  ['/account/profile', 'profile'],
  ['/account/security', 'security'],
  ['/account/data/', 'data'],
  ['/account/data/more', null],
  ['/account/nothing', null],
])('%s is the page %s', (path, page) => {
  expect(pageAt(path)).toBe(page);
  if (page) expect(pageAt(pathOf(page as 'data'))).toBe(page);
});

test('the account looks as its tenant does, and a new password is as long as the tenant wants', async () => {
  await open('/account/security', known, yes);
  const brand = screen.getByText('Acme Group', { selector: '.brand span' }).parentElement as HTMLElement;
  expect(brand.querySelector('img')?.getAttribute('src')).toBe('/login/brand/logo');
  expect(document.querySelector('link[rel="stylesheet"]')?.getAttribute('href')).toBe('/login/brand/0f6a58.css');
  await press('Change password');
  expect(screen.getByText(/At least 14 characters/)).toBeDefined();
});

test('a change is sent once, however often the button is pressed', async () => {
  await open('/account/', known, () => new Promise<Response>(() => undefined));
  await userEvent.clear(name());
  await userEvent.type(name(), 'Kim Lee');
  await press(text.save);
  await press(text.save);
  await userEvent.type(name(), '{Enter}');
  expect(asked('PATCH /api/account')).toBe(1);
  expect(screen.getByRole('button', { name: text.save }).getAttribute('aria-disabled')).toBe('true');
});

test('without a connection the entries stay, and the same button tries again', async () => {
  let connected = false;
  await open('/account/', known, () => (connected ? yes() : Promise.reject(new TypeError('failed'))));
  await userEvent.clear(name());
  await userEvent.type(name(), 'Kim Lee');
  await press(text.save);
  const alert = await screen.findByRole('alert');
  expect(alert.textContent).toBe(en.alerts.offline);
  expect(document.activeElement).toBe(alert);
  expect(name().value).toBe('Kim Lee');
  connected = true;
  await press(text.save);
  await screen.findByText(text.saved);
  expect(screen.queryByRole('alert')).toBeNull();
});

test('what the API finds wrong with a field is said there', async () => {
  await open('/account/security', known, () => no(422, { code: 'wrong_password', field: 'current' }));
  await press(text.changePassword);
  const current = screen.getByLabelText<HTMLInputElement>(text.currentPassword);
  await userEvent.type(current, 'not the one');
  await userEvent.type(screen.getByLabelText(text.newPassword), 'four unrelated words');
  await press(text.savePassword);
  await waitFor(() => { expect(current.getAttribute('aria-invalid')).toBe('true'); });
  expect(document.activeElement).toBe(current);
  expect(document.getElementById(current.getAttribute('aria-describedby') ?? '')?.textContent).toBe(en.fields.wrong_password);
  expect(current.value).toBe('not the one');
  expect(screen.getByLabelText<HTMLInputElement>(text.newPassword).value).toBe('four unrelated words');
});

test('without a session the page leaves for the sign-in, and comes back to itself in the same tenant', async () => {
  await open('/account/sessions', known, () => no(401, { code: 'unauthenticated' }));
  await waitFor(() => { expect(assign).toHaveBeenCalledWith('/account/sign-in?page=sessions&tenant=acme'); });
});

test('nothing is typed in vain for want of a recent sign-in', async () => {
  await open('/account/security', stale, yes);
  await press(text.changePassword);
  expect(screen.queryByLabelText(text.newPassword)).toBeNull();
  const link = await screen.findByRole('link', { name: text.confirmYou });
  expect(link.getAttribute('href')).toBe(signInPath('security', { fresh: true }));
  // On the way back, what was about to be done is open.
  cleanup();
  await open('/account/security', known, yes);
  expect(screen.getByLabelText(text.newPassword)).toBeTruthy();
  cleanup();
  await open('/account/security', known, yes);
  expect(screen.queryByLabelText(text.newPassword)).toBeNull();
});

test('an entry outlives the sign-in that the API asks for; a secret does not', async () => {
  const next = '/account/sign-in?fresh=1&page=profile';
  await open('/account/', known, () => no(403, { code: 'recent_sign_in_required', next }));
  await press(text.changeEmail);
  await userEvent.type(screen.getByLabelText(text.newEmail), 'new@example.com');
  await press(text.sendCode);
  const link = await screen.findByRole('link', { name: text.confirmYou });
  expect(link.getAttribute('href')).toContain(next);
  cleanup();
  await open('/account/', known, yes);
  expect(screen.getByLabelText<HTMLInputElement>(text.newEmail).value).toBe('new@example.com');

  cleanup();
  await open('/account/security', known, () => no(403, { code: 'recent_sign_in_required', next }));
  await press(text.changePassword);
  await userEvent.type(screen.getByLabelText(text.currentPassword), 'the old secret');
  await userEvent.type(screen.getByLabelText(text.newPassword), 'the new secret');
  await press(text.savePassword);
  await screen.findByRole('link', { name: text.confirmYou });
  expect(sessionStorage.getItem('authway_account')).not.toContain('secret');
});

test('a page that takes the place of another has its title and focus', async () => {
  await open('/account/', known, () => Response.json({ sessions: [session('s1', 'Firefox', true)] }));
  expect(document.activeElement).toBe(document.body);
  expect(document.title).toBe(`${en.pages.profile.title} · Authway`);
  await userEvent.click(screen.getByRole('link', { name: en.pages.sessions.name }));
  const heading = screen.getByRole('heading', { level: 1, name: en.pages.sessions.title });
  expect(document.activeElement).toBe(heading);
  expect(document.title).toBe(`${en.pages.sessions.title} · Authway`);
  expect(location.pathname).toBe('/account/sessions');
  expect(screen.getByRole('link', { name: en.pages.sessions.name }).getAttribute('aria-current')).toBe('page');
  await screen.findByText('Firefox on Linux');
});

test('focus moves to the session after the one that has ended', async () => {
  const sessions = [session('s1', 'Firefox', true), session('s2', 'Chrome'), session('s3', 'Safari')];
  await open('/account/sessions', known, (request) => (request.startsWith('GET') ? Response.json({ sessions }) : yes()));
  await screen.findByText('Chrome on Linux');
  await press('Sign out Chrome on Linux');
  await waitFor(() => { expect(screen.queryByText('Chrome on Linux')).toBeNull(); });
  expect(asked('DELETE /api/account/sessions/s2')).toBe(1);
  expect((document.activeElement as HTMLElement).dataset.row).toBe('s3');
  await press('Sign out Safari on Linux');
  await waitFor(() => { expect((document.activeElement as HTMLElement).dataset.row).toBe('s1'); });
  expect(screen.queryByRole('button', { name: text.endOthers })).toBeNull();
});

test('a list that does not come says so and can be asked for again', async () => {
  let works = false;
  await open('/account/apps', known, () => (works ? Response.json({ apps: [] }) : no(503, { code: 'unavailable' })));
  expect((await screen.findByRole('alert')).textContent).toBe(en.alerts.unavailable);
  works = true;
  await press(text.tryAgain);
  await screen.findByText(text.appsNone);
});

test('an application loses its access only after a question, and its links are safe to follow', async () => {
  const app = { id: 'a/1', name: 'Acme', logo: '', uri: 'javascript:alert(1)', scopes: ['email', 'orders'], since: '2026-01-01T00:00:00Z' };
  await open('/account/apps', known, (request) => (request.startsWith('GET') ? Response.json({ apps: [app] }) : yes()));
  await screen.findByText(en.scopes.email);
  expect(screen.queryByRole('link', { name: 'Acme' })).toBeNull();
  await press('Remove access of Acme');
  const dialog = screen.getByRole('dialog');
  expect(dialog.textContent).toContain('ends now');
  await userEvent.click(within(dialog).getByRole('button', { name: text.cancel }));
  expect(screen.queryByRole('dialog')).toBeNull();
  expect(asked('DELETE /api/account/apps/a%2F1')).toBe(0);
  await press('Remove access of Acme');
  await userEvent.click(within(screen.getByRole('dialog')).getByRole('button', { name: text.revoke }));
  await screen.findByText(text.appsNone);
  expect(asked('DELETE /api/account/apps/a%2F1')).toBe(1);
});

test('the code of an app is sent as soon as it is whole, and the recovery codes have to be kept', async () => {
  await open('/account/security', known, (request) => {
    if (request.endsWith('/totp')) return Response.json({ secret: 'ABCD EFGH', uri: 'otpauth://totp/Authway:kim?secret=ABCDEFGH' });
    return request.endsWith('/confirm') ? Response.json({ codes: ['AAAA-1111', 'BBBB-2222'] }) : yes();
  });
  await press(text.totpSetUp);
  await userEvent.type(await screen.findByLabelText(text.totpCode), '123456');
  await screen.findByText('BBBB-2222');
  expect(asked('POST /api/account/totp/confirm')).toBe(1);
  await press(text.done);
  expect(document.activeElement).toBe(screen.getByLabelText(text.codesSaved));
  expect(asked('POST /api/account/recovery-codes/kept')).toBe(0);
  await userEvent.click(screen.getByLabelText(text.codesSaved));
  await press(text.done);
  await screen.findByText(text.codesKept);
});

test('older activity follows what is shown, and focus follows it', async () => {
  const event = (id: string, action: string) => ({
    id, at: '2026-01-01T00:00:00Z', action, outcome: 'success', ip: '', client: '', methods: [], session: '', current: false,
  });
  await open('/account/history', known, (request) =>
    Response.json(request.includes('before=') ? { events: [event('b', 'password.changed')], next: '' } : { events: [event('a', 'never.heard')], next: 'c' }));
  await screen.findByText(en.events.other);
  await press(text.older);
  await screen.findByText(en.events['password.changed']);
  await waitFor(() => { expect((document.activeElement as HTMLElement).dataset.row).toBe('b'); });
  expect(screen.queryByRole('button', { name: text.older })).toBeNull();
});

test('the account is deleted only for who types its address', async () => {
  const sent: unknown[] = [];
  await open('/account/data', known, (_, body) => {
    sent.push(body);
    return sent.length === 1 ? no(422, { code: 'email_mismatch', field: 'email' }) : Response.json({ redirectTo: '/signed-out' });
  });
  await press(text.deleteDo);
  const dialog = within(screen.getByRole('dialog'));
  const email = dialog.getByRole<HTMLInputElement>('textbox');
  await userEvent.type(email, 'kin@example.com');
  await userEvent.click(dialog.getByRole('button', { name: text.deleteDo }));
  await dialog.findByText(en.fields.email_mismatch);
  await userEvent.clear(email);
  await userEvent.type(email, 'kim@example.com');
  await userEvent.click(dialog.getByRole('button', { name: text.deleteDo }));
  await waitFor(() => { expect(assign).toHaveBeenCalledWith('/signed-out'); });
  expect(sent).toEqual([{ email: 'kin@example.com' }, { email: 'kim@example.com' }]);
});
