import { startAuthentication, WebAuthnAbortService } from '@simplewebauthn/browser';
import { act, cleanup, configure, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { App } from '../src/login/App';
import { withSteps } from '../src/login/catalog';
import { browser } from '../src/login/dialect';
import { en } from '../src/login/locales/en';
import { en as texts } from '../src/login/locales/steps/en';
import { pages } from '../src/login/pages';
import { steps } from '../src/login/steps';
import { emptyView, type View } from '../src/login/view';

// A busy machine is slow, not wrong.
configure({ asyncUtilTimeout: 10_000 });

vi.mock('@simplewebauthn/browser', () => ({
  browserSupportsWebAuthnAutofill: () => Promise.resolve(true),
  startAuthentication: vi.fn(),
  WebAuthnAbortService: { cancelCeremony: vi.fn() },
}));

const server = vi.fn<typeof fetch>();
const device = vi.mocked(startAuthentication);
const cancel = vi.spyOn(WebAuthnAbortService, 'cancelCeremony');
const signal = vi.fn(() => Promise.resolve());

const never = new Promise<never>(() => undefined);
const named = (name: string) => Object.assign(new Error(), { name });
const asks = { publicKey: { challenge: 'AAAA', rpId: 'id.example.org' } };
const credential = { id: 'BBBB', rawId: 'BBBB', type: 'public-key', response: {}, clientExtensionResults: {} } as unknown as
  Awaited<ReturnType<typeof startAuthentication>>;

const json = (body: object, status = 200) => Promise.resolve(Response.json(body, { status }));
/** The function asks for a passkey, and says this to the answer. */
function answers(said: () => Promise<Response>) {
  server.mockImplementation((address) => ((address as string).startsWith('/api/') ? json(asks) : said()));
}
const posts = () => server.mock.calls.map(([address]) => (address as string).split('?', 1)[0]?.replace(location.origin, ''));
const bodyOf = (call: number) => Object.fromEntries(server.mock.calls[call]?.[1]?.body as URLSearchParams);
const offers = () => device.mock.calls.map(([{ useBrowserAutofill }]) => useBrowserAutofill);

function login(rest: Partial<View> = {}) {
  render(<App first={{ ...emptyView('login', 'en'), ...rest }} pages={pages} catalog={en} dialect={browser} flow={null} />);
}
const button = (name: string = en.text.signInPasskey) => screen.getByRole('button', { name });

beforeEach(() => {
  vi.stubGlobal('fetch', server);
  vi.stubGlobal('PublicKeyCredential', { signalUnknownCredential: signal });
  history.replaceState(null, '', '/login?login_challenge=abc');
});
afterEach(() => {
  cleanup();
  vi.clearAllMocks();
  server.mockReset();
  device.mockReset();
  vi.unstubAllGlobals();
  history.replaceState(null, '', '/');
});

test('a browser without passkeys shows no button', () => {
  vi.unstubAllGlobals();
  login();
  expect(screen.queryByRole('button', { name: en.text.signInPasskey })).toBeNull();
});

test('the button posts the answer and nothing that was typed', async () => {
  device.mockResolvedValue(credential);
  answers(() => never);
  login();
  await userEvent.type(screen.getByLabelText('Password'), 'not to be sent');
  await userEvent.click(screen.getByLabelText(en.text.remember));
  await userEvent.click(button());
  await waitFor(() => { expect(server).toHaveBeenCalledTimes(2); });
  expect(server.mock.calls[0]?.[0]).toBe('/api/login/passkey?login_challenge=abc');
  expect(posts()).toEqual(['/api/login/passkey', '/login']);
  expect(bodyOf(1)).toEqual({ action: 'passkey', credential: JSON.stringify(credential), remember: 'on' });
  expect(button().getAttribute('aria-disabled')).toBe('true');
  await userEvent.click(button());
  expect(server).toHaveBeenCalledTimes(2);
});

test.each(['NotAllowedError', 'AbortError'])('%s is no error, and it can be tried again', async (name) => {
  device.mockRejectedValueOnce(named(name)).mockReturnValue(never);
  answers(() => never);
  login();
  await userEvent.click(button());
  await waitFor(() => { expect(button().getAttribute('aria-disabled')).toBe('false'); });
  expect(screen.queryByRole('alert')).toBeNull();
  await userEvent.click(button());
  await waitFor(() => { expect(device).toHaveBeenCalledTimes(2); });
});

test.each([
  [named('SecurityError'), en.scripted.passkey_refused],
  [new TypeError('the network is gone'), en.scripted.offline],
])('%s is told', async (error, text) => {
  device.mockRejectedValue(error);
  answers(() => never);
  login();
  await userEvent.click(button());
  expect((await screen.findByRole('alert')).textContent).toBe(text);
});

test('the browser is told of a passkey that is unknown, and of no other', async () => {
  device.mockResolvedValue(credential);
  for (const code of ['passkey_refused', 'passkey_unknown'] as const) {
    answers(() => json({ code }, 422));
    login();
    await userEvent.click(button());
    expect((await screen.findByRole('alert')).textContent).toBe(en.scripted[code]);
    expect(signal.mock.calls).toEqual(code === 'passkey_unknown' ? [[{ rpId: 'id.example.org', credentialId: 'BBBB' }]] : []);
    cleanup();
  }
});

test('what the function says instead of asking is followed', async () => {
  server.mockImplementation(() => json({ code: 'expired', next: '/login?again' }, 410));
  login();
  await userEvent.click(button());
  await screen.findByRole('heading', { name: en.messages.expired.title });
  expect(device).not.toHaveBeenCalled();
});

test('a passkey is offered once the sign-in is known, and again after the button', async () => {
  device.mockReturnValue(never);
  answers(() => never);
  login();
  expect(server).not.toHaveBeenCalled();
  cleanup();
  login({ flow: 'ABC' });
  await waitFor(() => { expect(offers()).toEqual([true]); });
  device.mockRejectedValueOnce(named('NotAllowedError'));
  await userEvent.click(button());
  await waitFor(() => { expect(offers()).toEqual([true, false, true]); });
});

test('an offer that was refused is told and made again, one that failed is not', async () => {
  device.mockResolvedValueOnce(credential).mockRejectedValue(named('UnknownError'));
  answers(() => json({ code: 'passkey_expired' }, 422));
  login({ flow: 'ABC' });
  expect((await screen.findByRole('alert')).textContent).toBe(en.scripted.passkey_expired);
  await waitFor(() => { expect(offers()).toEqual([true, true]); });
  expect(posts()).toEqual(['/api/login/passkey', '/login', '/api/login/passkey']);
});

test('an offer is renewed by who comes back to an old page', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    let fail: (error: Error) => void = () => undefined;
    device.mockReturnValueOnce(new Promise((_, reject) => { fail = reject; })).mockReturnValue(never);
    cancel.mockImplementation(() => { fail(named('AbortError')); });
    answers(() => never);
    login({ flow: 'ABC' });
    await waitFor(() => { expect(device).toHaveBeenCalledTimes(1); });
    act(() => { window.dispatchEvent(new Event('focus')); });
    expect(cancel).not.toHaveBeenCalled();
    vi.advanceTimersByTime(4 * 60_000);
    act(() => { window.dispatchEvent(new Event('focus')); });
    await waitFor(() => { expect(device).toHaveBeenCalledTimes(2); });
    expect(posts()).toEqual(['/api/login/passkey', '/api/login/passkey']);
  } finally {
    vi.useRealTimers();
  }
});

test('as a second factor it is asked for by its button alone', async () => {
  history.replaceState(null, '', '/login/factor?flow=ABC');
  device.mockResolvedValue(credential);
  answers(() => json({ code: 'passkey_expired' }, 422));
  const first = { ...emptyView('factor', 'en'), methods: ['passkey', 'totp', 'recovery'], method: 'passkey', flow: 'ABC' };
  render(<App first={first} pages={steps} catalog={withSteps(en, texts)} dialect={browser} flow={null} />);
  expect(screen.queryByRole('textbox')).toBeNull();
  expect(screen.queryByRole('button', { name: texts.text.useRecovery })).not.toBeNull();
  expect(server).not.toHaveBeenCalled();
  await userEvent.click(button(texts.text.usePasskey));
  await screen.findByRole('alert');
  expect(posts()).toEqual(['/api/login/factor/passkey', '/login/factor']);
  expect(bodyOf(1)).toEqual({ action: 'passkey', credential: JSON.stringify(credential) });
});
