import { act, cleanup, configure, fireEvent, render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { App } from '../src/login/App';
import { withSteps } from '../src/login/catalog';
import { browser } from '../src/login/dialect';
import { en } from '../src/login/locales/en';
import { en as texts } from '../src/login/locales/steps/en';
import { draw } from '../src/login/qr';
import { steps } from '../src/login/steps';
import { emptyView, type StepName, type View } from '../src/login/view';

// A busy machine is slow, not wrong.
configure({ asyncUtilTimeout: 10_000 });

const server = vi.fn<typeof fetch>();
const catalog = withSteps(en, texts);

function open(page: StepName, rest: Partial<View> = {}) {
  const first = { ...emptyView(page, 'en'), ...rest };
  render(<App first={first} pages={steps} catalog={catalog} dialect={browser} flow={null} />);
}
const refuse = (body: object) => () => Promise.resolve(Response.json(body, { status: 422 }));
const bodyOf = (call: number) => String(server.mock.calls[call]?.[1]?.body as URLSearchParams);
const code = (label: string) => screen.getByLabelText<HTMLInputElement>(label);
const press = (name: string) => userEvent.click(screen.getByRole('button', { name }));

beforeEach(() => { vi.stubGlobal('fetch', server); });
afterEach(() => {
  cleanup();
  vi.useRealTimers();
  server.mockReset();
  vi.unstubAllGlobals();
});

test('the code of an app is sent as soon as it is whole, and once', async () => {
  server.mockImplementation(refuse({ code: 'code_wrong', field: 'code' }));
  open('factor', { methods: ['totp', 'recovery'], method: 'totp' });
  const input = code(texts.text.totpCode);
  await userEvent.type(input, '12345');
  expect(server).not.toHaveBeenCalled();
  await userEvent.type(input, '6');
  await waitFor(() => { expect(input.getAttribute('aria-invalid')).toBe('true'); });
  expect(server).toHaveBeenCalledTimes(1);
  expect(bodyOf(0)).toBe('method=totp&code=123456');
  expect(document.getElementById('code-error')?.textContent).toBe(texts.text.totpWrong);
  expect(document.activeElement).toBe(input);
  expect([input.selectionStart, input.selectionEnd]).toEqual([0, 6]);
  fireEvent.change(input, { target: { value: ' 654 321' } });
  await waitFor(() => { expect(server).toHaveBeenCalledTimes(2); });
});

test('other codes wait for the button', async () => {
  server.mockReturnValue(new Promise<Response>(() => undefined));
  open('verify', { account: 'kim@example.com' });
  await userEvent.type(code(texts.text.code), '12345678');
  expect(server).not.toHaveBeenCalled();
  await press('Continue');
  expect(bodyOf(0)).toBe('code=12345678');
  cleanup();
  open('factor', { methods: ['totp', 'recovery'], method: 'recovery' });
  expect(code(texts.text.recoveryCode).inputMode).toBe('');
  await userEvent.type(code(texts.text.recoveryCode), '123456');
  expect(server).toHaveBeenCalledTimes(1);
});

test('another code can be had when the countdown is over', () => {
  vi.useFakeTimers();
  const submitted = vi.fn((event: Event) => { event.preventDefault(); });
  addEventListener('submit', submitted);
  open('verify', { resendAfter: 30 });
  const resend = screen.getByRole('button', { name: texts.text.resend });
  fireEvent.click(resend);
  act(() => { vi.advanceTimersByTime(12_000); });
  expect(document.getElementById('resend-wait')?.textContent).toBe('Seconds to wait for another: 18');
  act(() => { vi.advanceTimersByTime(18_000); });
  expect(document.getElementById('resend-wait')).toBeNull();
  expect(submitted).not.toHaveBeenCalled();
  fireEvent.click(resend);
  removeEventListener('submit', submitted);
  expect(submitted).toHaveBeenCalledTimes(1);
  expect(server).not.toHaveBeenCalled();
});

test('that a code was sent is told politely and leaves focus to the field', () => {
  open('verify', { alert: 'code_sent' });
  expect(screen.queryByRole('alert')).toBeNull();
  expect(screen.getAllByRole('status').map((status) => status.textContent)).toContain(en.notices.code_sent);
  expect(document.activeElement).toBe(code(texts.text.code));
  expect(document.title).toBe(`${en.notices.code_sent} ${texts.text.mail} · Authway`);
});

test('the token leaves the address bar and is still what the form posts to', async () => {
  history.replaceState(null, '', '/login/confirm?token=secret');
  server.mockImplementation(refuse({ code: 'confirmed_elsewhere' }));
  open('confirm', { purpose: 'verify_email' });
  expect(location.href).not.toContain('secret');
  await press('Confirm');
  expect(server.mock.calls[0]?.[0]).toBe('/login/confirm?token=secret');
  await screen.findByRole('heading', { name: texts.messages.confirmed_elsewhere.title });
  history.replaceState(null, '', '/');
});

test('the codes have to be kept before it goes on', async () => {
  server.mockReturnValue(new Promise<Response>(() => undefined));
  open('codes', { codes: ['AAAA-1111', 'BBBB-2222'] });
  await press('Continue');
  const box = screen.getByLabelText(texts.text.codesSaved);
  expect(server).not.toHaveBeenCalled();
  expect(document.activeElement).toBe(box);
  expect(document.getElementById('saved-error')?.textContent).toBe(texts.fields.saved_required);
  await userEvent.click(box);
  await press('Continue');
  expect(bodyOf(0)).toBe('saved=on&action=done');
});

test('what can be copied is copied, and it is said how that went', async () => {
  const user = userEvent.setup();
  open('codes', { codes: ['AAAA-1111', 'BBBB-2222'] });
  await user.click(screen.getByRole('button', { name: 'Copy' }));
  await screen.findByText(texts.text.copied);
  expect(await navigator.clipboard.readText()).toBe('AAAA-1111\nBBBB-2222');
  vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValue(new Error('not allowed'));
  await user.click(screen.getByRole('button', { name: 'Copy' }));
  await screen.findByText(texts.text.notCopied);
});

test('a new password goes with the account it is for', async () => {
  server.mockReturnValue(new Promise<Response>(() => undefined));
  open('recover-password', { account: 'kim@example.com' });
  await userEvent.type(screen.getByLabelText('Password'), 'four unrelated words');
  await press(texts.text.savePassword);
  expect(bodyOf(0)).toBe('username=kim%40example.com&password=four+unrelated+words&end_sessions=on');
});

test('the key is drawn as one path inside its quiet zone', async () => {
  const uri = 'otpauth://totp/Authway:kim?secret=ABCDEFGH';
  open('enrol', { secret: 'ABCD EFGH', uri });
  const path = await waitFor(() => screen.getByRole('img', { name: texts.text.qr }).querySelector('path'));
  const { size, path: expected } = draw(uri);
  expect(path?.getAttribute('d')).toBe(expected);
  // The finder pattern in the corner begins after four light modules.
  expect(expected).toMatch(/^M4 4h7v1h-7z/);
  for (const [, x, y, length] of expected.matchAll(/M(\d+) (\d+)h(\d+)v1/g)) {
    expect(Number(x) + Number(length)).toBeLessThanOrEqual(size - 4);
    expect(Number(y)).toBeLessThan(size - 4);
  }
});
