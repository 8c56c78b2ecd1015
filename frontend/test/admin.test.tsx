import { cleanup, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { createMemoryHistory } from '@tanstack/react-router';
import { type ReactElement, useState } from 'react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { App, InSite } from '../src/admin/App';
import { api, ask, type Me, type Role } from '../src/admin/api';
import { newClient } from '../src/admin/client';
import { dropFactor } from '../src/admin/factor';
import { keep, kept, takePlace } from '../src/admin/kept';
import { en } from '../src/admin/locales/en';
import { MeContext, may } from '../src/admin/me';
import { ConfirmDialog } from '../src/admin/parts/Dialog';
import { TextField } from '../src/admin/parts/fields';
import { Form } from '../src/admin/parts/Form';
import { Table } from '../src/admin/parts/Table';
import { Problem } from '../src/admin/problem';
import { newRouter } from '../src/admin/routes';
import { day, filters, oneOf, parseSearch, stringifySearch, text } from '../src/admin/search';
import { useAction, useKept } from '../src/admin/useAction';

const server = vi.fn<(request: Request) => Response | Promise<Response>>();
const assign = vi.fn();

const someone: Me = {
  kind: 'user', id: 'u1', name: 'Kim Lee', email: 'kim@example.com', locale: 'en', home: 'acme', system: 'viewer',
  tenants: [{ id: 't1', slug: 'acme', name: 'Acme', role: 'operator' }, { id: 't2', slug: 'beta', name: 'Beta', role: 'viewer' }],
  recentUntil: null, secondFactor: true, version: '1.0.0',
};
const no = (status: number, body: object, headers: HeadersInit = {}) => Response.json(body, { status, headers });

async function open(path: string, me: Me | Response = someone) {
  // What the pages themselves ask for is not there.
  server.mockImplementation(({ url }) => {
    if (!url.endsWith('/me')) return no(404, { code: 'not_found' });
    return me instanceof Response ? me.clone() : Response.json(me);
  });
  const history = createMemoryHistory({ initialEntries: [path] });
  const router = newRouter(history);
  await router.load();
  render(<App locale="en" catalog={en} client={newClient()} router={router} />);
  return history;
}
const draw = (element: ReactElement, me = someone) =>
  render(<InSite locale="en" catalog={en}><MeContext.Provider value={me}>{element}</MeContext.Provider></InSite>);
// A page is fetched first, and compiled with everything that it draws with.
const heading = (name: string) => screen.findByRole('heading', { level: 1, name }, { timeout: 20_000 });

beforeEach(() => {
  vi.stubGlobal('fetch', server);
  vi.stubGlobal('scrollTo', vi.fn());
  vi.stubGlobal('EventSource', class { addEventListener = vi.fn(); close = vi.fn(); });
  const real = location;
  // Leaving is not done here, and cannot be replaced in the real one.
  vi.stubGlobal('location', new Proxy({}, { get: (_, key) => (key === 'assign' ? assign : Reflect.get(real, key) as unknown) }));
});
afterEach(() => {
  cleanup();
  dropFactor();
  server.mockReset();
  assign.mockReset();
  sessionStorage.clear();
  vi.unstubAllGlobals();
});

const problemOf = (answer: () => Response | Promise<Response>) => {
  server.mockImplementation(answer);
  return ask(api.GET('/me')).then(() => null, (error: unknown) => error as Problem);
};

test.each([
  ['a refusal', () => no(409, { code: 'conflict', title: 'Changed', reference: 'r1' }), { code: 'conflict', status: 409, title: 'Changed', reference: 'r1' }],
  ['the field', () => no(422, { code: 'required', field: 'name' }), { code: 'required', field: 'name' }],
  ['the wait of a header', () => no(429, { code: 'too_many_requests' }, { 'Retry-After': '7' }), { retryAfter: 7 }],
  ['the wait of the body', () => no(503, { code: 'unavailable', retry_after: 3 }), { retryAfter: 3, passing: true }],
  ['a proxy that knows no JSON', () => new Response('<h1>Bad gateway</h1>', { status: 502 }), { code: 'unavailable', passing: true }],
  ['no answer', () => Promise.reject(new TypeError('failed')), { code: 'offline', passing: true }],
  ['an answer that is no JSON', () => new Response('{', { headers: { 'Content-Type': 'application/json' } }), { code: 'internal', passing: false }],
  ['a link that is none', () => no(403, { code: 'second_factor_required', next: 'javascript:alert(1)' }), { next: '' }],
])('a problem has %s', async (_, answer, want) => {
  const problem = await problemOf(answer);
  expect(problem).toBeInstanceOf(Problem);
  expect(problem).toMatchObject(want);
});

test.each<[Role, string, Role | undefined, boolean]>([
  ['viewer', 'acme', undefined, true],
  ['operator', 'acme', undefined, true],
  ['owner', 'acme', undefined, false],
  ['operator', 'beta', undefined, false],
  ['viewer', 'other', undefined, false],
  ['owner', 'beta', 'owner', true],
  ['operator', 'other', 'operator', true],
  ['viewer', '', undefined, false],
  ['viewer', '', 'viewer', true],
  ['operator', '', 'viewer', false],
])('the role %s in %s with %s for all: %s', (role, tenant, system, want) => {
  expect(may({ ...someone, system }, role, tenant)).toBe(want);
});

test('a page that takes the place of another has its title and focus, and the tenant can be switched', async () => {
  const history = await open('/admin/');
  expect(document.activeElement).toBe(document.body);
  await heading('Overview');
  expect(history.location.pathname.replace(/\/$/, '')).toBe('/admin/t/acme');
  await userEvent.click(screen.getByRole('link', { name: en.sections.users }));
  const users = await heading('Users');
  await waitFor(() => { expect(document.activeElement).toBe(users); });
  expect(document.title).toBe('Users · Authway');
  expect(screen.getByRole('link', { name: en.sections.users }).getAttribute('aria-current')).toBe('page');
  expect(screen.getAllByRole('link', { name: en.sections.overview })[0]?.getAttribute('aria-current')).toBeNull();
  await userEvent.selectOptions(screen.getByLabelText(en.text.tenant), 'beta');
  await waitFor(() => { expect(history.location.pathname).toBe('/admin/t/beta/users'); });
});

test('the installation is there for whom has a role for all of it', async () => {
  await open('/admin/system/keys', { ...someone, system: undefined });
  await screen.findByText(en.text.forbidden);
  expect(screen.queryByRole('link', { name: en.systemSections.keys })).toBeNull();
  cleanup();
  await open('/admin/system/keys');
  await heading('Signing keys');
});

test('a tenant of others is not shown', async () => {
  await open('/admin/t/other/users', { ...someone, system: undefined });
  await screen.findByText(en.text.forbidden);
});

test('an address without a page says so', async () => {
  await open('/admin/t/acme/nothing');
  await screen.findByText(en.text.missing);
});

test('who administers nothing is told so', async () => {
  await open('/admin/', { ...someone, system: undefined, tenants: [] });
  await heading(en.text.nowhere);
  expect(within(screen.getByRole('main')).getByRole('link', { name: en.text.account }).getAttribute('href')).toBe('/account/');
  cleanup();
  await open('/admin/', no(403, { code: 'forbidden' }));
  await heading(en.text.nowhere);
});

test('without a session the page leaves, and remembers where it was', async () => {
  await open('/admin/t/acme/users', no(401, { code: 'unauthenticated', next: '/account/sign-in?page=admin' }));
  await waitFor(() => { expect(assign).toHaveBeenCalledTimes(1); });
  expect((assign.mock.calls[0] as string[])[0]).toContain('/account/sign-in?page=admin');
  expect(sessionStorage.getItem('authway_admin_back')).toBe(location.pathname + location.search);
});

test('a place is given back once, and only below /admin/', () => {
  sessionStorage.setItem('authway_admin_back', '/admin/t/acme/users?q=kim');
  expect(takePlace()).toBe('/admin/t/acme/users?q=kim');
  expect(takePlace()).toBe('');
  sessionStorage.setItem('authway_admin_back', '//elsewhere.example/admin/');
  expect(takePlace()).toBe('');
});

function Named({ run }: { run: () => Promise<unknown> }) {
  const action = useAction('name');
  const [before] = useKept('name', { name: '' });
  const [done, setDone] = useState(false);
  const send = (data: FormData) => { action.run(run, () => { setDone(true); }, { name: data.get('name') }); };
  return (
    <Form action={action} fields={['name']} onSend={send}>
      <TextField name="name" label="Name" required defaultValue={before.name} />
      <button type="submit">Save</button>
      {done ? <p>Done</p> : null}
    </Form>
  );
}

test('what is wrong with a field is said there, and the entry stays', async () => {
  const run = vi.fn(() => Promise.reject(new Problem('taken', { field: 'name', title: 'Somebody has it.', status: 422 })));
  draw(<Named run={run} />);
  await userEvent.click(screen.getByText('Save'));
  const name = screen.getByLabelText<HTMLInputElement>('Name');
  expect(document.getElementById(name.getAttribute('aria-describedby') ?? '')?.textContent).toBe(en.fields.required);
  expect(run).not.toHaveBeenCalled();
  await userEvent.type(name, 'Kim');
  await userEvent.click(screen.getByText('Save'));
  await screen.findByText('Somebody has it.');
  expect(document.activeElement).toBe(name);
  expect(name.value).toBe('Kim');
});

test('without a connection the entries stay, and the same button tries again', async () => {
  let connected = false;
  draw(<Named run={() => (connected ? Promise.resolve() : Promise.reject(new Problem('offline')))} />);
  await userEvent.type(screen.getByLabelText('Name'), 'Kim');
  await userEvent.click(screen.getByText('Save'));
  expect((await screen.findByRole('alert')).textContent).toBe(en.alerts.offline);
  connected = true;
  await userEvent.click(screen.getByText('Save'));
  await screen.findByText('Done');
  expect(screen.queryByRole('alert')).toBeNull();
});

test('an entry outlives the second factor that the API asks for', async () => {
  draw(<Named run={() => Promise.reject(new Problem('second_factor_required', { status: 403 }))} />);
  await userEvent.type(screen.getByLabelText('Name'), 'Kim');
  await userEvent.click(screen.getByText('Save'));
  await waitFor(() => { expect(kept('name')).toEqual({ name: 'Kim' }); });
  cleanup();
  draw(<Named run={() => Promise.resolve()} />);
  expect(screen.getByLabelText<HTMLInputElement>('Name').value).toBe('Kim');
  expect(kept('name')).toBeNull();
});

test('what cannot be undone is typed and has a reason', async () => {
  const run = vi.fn((reason: string) => Promise.resolve(reason));
  const done = vi.fn();
  keep('ask', { reason: 'left the company' });
  draw(<ConfirmDialog title="Delete Kim?" label="Delete" reason="required" typed="kim+1" keep="ask" run={run} onDone={done} onClose={vi.fn()} />);
  expect(screen.getByLabelText<HTMLTextAreaElement>(en.text.reason).value).toBe('left the company');
  await userEvent.type(screen.getByRole('textbox', { name: 'To go on, type kim+1' }), 'kimm1');
  await userEvent.click(screen.getByText('Delete'));
  await screen.findByText(en.fields.format);
  await userEvent.clear(screen.getByRole('textbox', { name: 'To go on, type kim+1' }));
  await userEvent.type(screen.getByRole('textbox', { name: 'To go on, type kim+1' }), 'kim+1');
  await userEvent.click(screen.getByText('Delete'));
  await waitFor(() => { expect(done).toHaveBeenCalledWith('left the company'); });
  expect(run).toHaveBeenCalledTimes(1);
});

function Chosen() {
  const [chosen, onChange] = useState<ReadonlySet<string>>(new Set());
  return (
    <Table
      caption="Letters"
      columns={[{ id: 'name', head: 'Name', cell: (row: string) => row }]}
      rows={['a', 'b', 'c', 'd']}
      keyOf={(row) => row}
      empty="None"
      selection={{ chosen, onChange, nameOf: (row) => row, actions: <button type="button">{[...chosen].sort().join('')}</button> }}
    />
  );
}

test('rows are chosen one by one, in a stretch, and all', async () => {
  draw(<Chosen />);
  const user = userEvent.setup();
  await user.click(screen.getByLabelText('Select b'));
  await user.keyboard('{Shift>}');
  await user.click(screen.getByLabelText('Select d'));
  await user.keyboard('{/Shift}');
  screen.getByText('bcd');
  expect(screen.getByLabelText<HTMLInputElement>(en.text.chooseAll).indeterminate).toBe(true);
  await user.click(screen.getByLabelText(en.text.chooseAll));
  screen.getByText('abcd');
});

test('an address keeps what it may say and nothing else', () => {
  const read = filters({ q: text, state: oneOf('active', 'blocked'), from: day });
  expect(read(parseSearch('?q=kim&state=odd&from=2026-13-40&evil=1'))).toEqual({ q: 'kim' });
  expect(read(parseSearch('?q=007&state=blocked&from=2026-11-29'))).toEqual({ q: '007', state: 'blocked', from: '2026-11-29' });
  expect(stringifySearch({ q: '007', cursor: undefined })).toBe('?q=007');
});

function Begun() {
  const action = useAction('begun');
  const [, back] = useKept('begun', {});
  const [open, setOpen] = useState(back);
  return open ? <p>Open</p> : <button type="button" onClick={() => { action.begin(() => { setOpen(true); }); }}>Begin</button>;
}

test('nothing is typed in vain for want of a second factor, and the way back opens what was begun', async () => {
  draw(<Begun />);
  await userEvent.click(screen.getByText('Begin'));
  expect(screen.queryByText('Open')).toBeNull();
  cleanup();
  draw(<Begun />);
  screen.getByText('Open');
  cleanup();
  draw(<Begun />, { ...someone, recentUntil: '2999-01-01T00:00:00Z' });
  await userEvent.click(screen.getByText('Begin'));
  screen.getByText('Open');
});
