import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { type ReactElement, useState } from 'react';
import { afterEach, expect, test, vi } from 'vitest';
import { InSite } from '../src/admin/App';
import type { Me } from '../src/admin/api';
import { ar } from '../src/admin/locales/ar';
import { en } from '../src/admin/locales/en';
import { ko } from '../src/admin/locales/ko';
import { MeContext } from '../src/admin/me';
import { Button } from '../src/admin/parts/Button';
import { ConfirmDialog, DialogBox } from '../src/admin/parts/Dialog';
import { Checkbox, DateRange, NumberField, RadioGroup, SearchField, Select, Switch, TextArea, TextField } from '../src/admin/parts/fields';
import { Form } from '../src/admin/parts/Form';
import { Menu } from '../src/admin/parts/Menu';
import { Table } from '../src/admin/parts/Table';
import { Tabs } from '../src/admin/parts/Tabs';
import { Problem } from '../src/admin/problem';
import { useAction } from '../src/admin/useAction';

const me: Me = {
  kind: 'user', id: 'u1', name: 'Kim Lee', email: 'kim@example.com', locale: 'en', home: 'acme', system: 'viewer', tenants: [],
  recentUntil: null, secondFactor: true, version: '1.0.0',
};
const languages = { en, ko, ar };

function draw(element: ReactElement, locale: keyof typeof languages = 'en') {
  const inSite = (inner: ReactElement) => <InSite locale={locale} catalog={languages[locale]}><MeContext.Provider value={me}>{inner}</MeContext.Provider></InSite>;
  const { rerender } = render(inSite(element));
  return { user: userEvent.setup(), again: (inner: ReactElement) => { rerender(inSite(inner)); } };
}
// The library gives focus back in the frame after.
const hasFocus = (element: Element) => waitFor(() => { expect(document.activeElement).toBe(element); });
/** One key after another: focus follows when the one before has been drawn. */
async function keys(user: ReturnType<typeof userEvent.setup>, text: string) {
  for (const key of text.match(/\{[^}]*>\}.*\{\/\w+\}|\{\w+\}|./g) ?? []) await user.keyboard(key);
}

afterEach(() => {
  cleanup();
  sessionStorage.clear();
});

function Letters({ onOpen = () => undefined }: { onOpen?: () => void }) {
  const [chosen, onChange] = useState<ReadonlySet<string>>(new Set());
  return (
    <Table
      caption="Letters"
      columns={[
        { id: 'name', head: 'Name', cell: (row: string) => <button type="button" onClick={onOpen}>Open {row}</button> },
        { id: 'text', head: 'Text', cell: (row: string) => `text of ${row}` },
      ]}
      rows={['a', 'b', 'c', 'd']}
      keyOf={(row) => row}
      empty="None"
      selection={{ chosen, onChange, nameOf: (row) => row, actions: <output>{[...chosen].sort().join('')}</output> }}
    />
  );
}
const chosen = () => screen.queryByText(/^[a-d]+$/, { selector: 'output' })?.textContent ?? '';

test('rows are chosen by keyboard, one, a stretch and all', async () => {
  const { user } = draw(<Letters />);
  await user.tab();
  expect(document.activeElement?.getAttribute('data-row')).toBe('a');
  await keys(user, '{ArrowDown} ');
  expect(chosen()).toBe('b');
  await keys(user, '{Shift>}{ArrowDown}{/Shift}');
  await keys(user, '{Shift>}{ArrowDown}{/Shift}');
  expect(chosen()).toBe('bcd');
  await keys(user, '{Control>}a{/Control}');
  expect(chosen()).toBe('abcd');
  await keys(user, '{Escape}');
  expect(chosen()).toBe('');
});

test('what is in a row is reached and pressed by keyboard, and does not choose the row', async () => {
  const onOpen = vi.fn();
  const { user } = draw(<Letters onOpen={onOpen} />);
  await user.tab();
  await keys(user, '{ArrowRight}{ArrowRight}');
  await hasFocus(screen.getByText('Open a'));
  await keys(user, '{Enter} ');
  expect(onOpen).toHaveBeenCalledTimes(2);
  await user.click(screen.getByText('text of b'));
  await user.click(screen.getByText('Open c'));
  expect(onOpen).toHaveBeenCalledTimes(3);
  expect(chosen()).toBe('');
});

test('a row is named by its first column, and its box by the page', () => {
  draw(<Letters />);
  expect(screen.getByRole('grid', { name: 'Letters' })).toBeTruthy();
  expect(screen.getByRole('rowheader', { name: 'Open b' })).toBeTruthy();
  expect(screen.getByRole('checkbox', { name: 'Select b' })).toBeTruthy();
  expect(screen.getByRole('checkbox', { name: en.text.chooseAll })).toBeTruthy();
  expect(document.querySelector('[data-row="c"]')).toBeTruthy();
});

function Asked({ run }: { run: (reason: string) => Promise<string> }) {
  const [open, setOpen] = useState(false);
  const close = () => { setOpen(false); };
  return (
    <>
      <Menu label="Actions for Kim" items={[{ label: 'Edit', onSelect: vi.fn() }, { label: 'Delete', danger: true, onSelect: () => { setOpen(true); } }]} />
      <input aria-label="Behind" />
      {open ? <ConfirmDialog title="Delete Kim?" label="Go" reason="required" typed="kim" run={run} onDone={close} onClose={close} /> : null}
    </>
  );
}

test('a menu goes by arrow keys and by letters, and what it opens gives focus back to its button', async () => {
  const { user } = draw(<Asked run={() => Promise.resolve('')} />);
  const button = screen.getByRole('button', { name: 'Actions for Kim' });
  await user.tab();
  await keys(user, '{ArrowDown}');
  await hasFocus(await screen.findByRole('menuitem', { name: 'Edit' }));
  await keys(user, '{Escape}');
  await hasFocus(button);
  expect(screen.queryByRole('menu')).toBeNull();
  await keys(user, '{Enter}');
  await screen.findByRole('menu');
  await keys(user, 'd');
  await hasFocus(screen.getByRole('menuitem', { name: 'Delete' }));
  await keys(user, '{Enter}');
  const dialog = await screen.findByRole('dialog', { name: 'Delete Kim?' });
  await hasFocus(within(dialog).getByRole('textbox', { name: 'To go on, type kim' }));
  for (let step = 0; step < 6; step += 1) {
    await user.tab();
    expect(dialog.contains(document.activeElement)).toBe(true);
  }
  expect(screen.queryByRole('textbox', { name: 'Behind' })).toBeNull();
  await keys(user, '{Escape}');
  expect(screen.queryByRole('dialog')).toBeNull();
  await hasFocus(button);
});

test('a problem is said in the dialog, which stays with what was typed', async () => {
  const run = vi.fn((reason: string) => (reason === 'left' ? Promise.reject(new Problem('conflict', { status: 409 })) : Promise.resolve('done')));
  const { user } = draw(<Asked run={run} />);
  await user.click(screen.getByRole('button', { name: 'Actions for Kim' }));
  await user.click(await screen.findByRole('menuitem', { name: 'Delete' }));
  const dialog = await screen.findByRole('dialog');
  const typed = within(dialog).getByRole('textbox', { name: /type kim/ });
  const reason = within(dialog).getByRole<HTMLTextAreaElement>('textbox', { name: en.text.reason });
  await user.type(typed, 'kim');
  await user.type(reason, 'le');
  await user.click(within(dialog).getByRole('button', { name: 'Go' }));
  await within(dialog).findByText(en.fields.too_short);
  expect(run).not.toHaveBeenCalled();
  expect(document.activeElement).toBe(reason);
  expect(reason.getAttribute('aria-invalid')).toBe('true');
  const said = (reason.getAttribute('aria-describedby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent ?? '').join(' ');
  expect(said).toContain(en.fields.too_short);
  expect(said).toContain(en.text.reasonHint);
  await user.type(reason, 'ft');
  await user.click(within(dialog).getByRole('button', { name: 'Go' }));
  const alert = await within(dialog).findByRole('alert');
  expect(alert.textContent).toContain(en.alerts.conflict);
  await hasFocus(alert);
  expect(reason.value).toBe('left');
  await user.type(reason, ' us');
  await user.click(within(dialog).getByRole('button', { name: 'Go' }));
  await waitFor(() => { expect(screen.queryByRole('dialog')).toBeNull(); });
  expect(run.mock.lastCall?.[0]).toBe('left us');
});

test('a dialog that is busy is not closed by Escape', async () => {
  const close = vi.fn();
  const { user, again } = draw(<DialogBox title="Wait" busy onClose={close}><Button>In it</Button></DialogBox>);
  await keys(user, '{Escape}');
  expect(close).not.toHaveBeenCalled();
  again(<DialogBox title="Wait" onClose={close}><Button>In it</Button></DialogBox>);
  await hasFocus(screen.getByText('In it'));
  await keys(user, '{Escape}');
  expect(close).toHaveBeenCalledTimes(1);
});

function Entries({ onSend }: { onSend: (entries: Record<string, unknown>) => void }) {
  const action = useAction();
  return (
    <Form action={action} fields={['name', 'many', 'text', 'state', 'agree', 'on', 'kind']} onSend={(data) => { onSend(Object.fromEntries(data)); }}>
      <TextField name="name" label="Name" required />
      <NumberField name="many" label="Many" unit="minutes" defaultValue={5} min={1} max={60} />
      <TextArea name="text" label="Text" defaultValue="as before" />
      <Select name="state" label="State" options={[{ value: 'a', label: 'A' }, { value: 'b', label: 'B' }]} defaultValue="b" />
      <Checkbox name="agree" required>Agree</Checkbox>
      <Switch name="on" defaultChecked>On</Switch>
      <RadioGroup name="kind" label="Kind" defaultValue="web" options={[{ value: 'web', label: 'Web', hint: 'With a server' }, { value: 'spa', label: 'Browser' }]} />
      <Button type="submit" kind="main">Save</Button>
    </Form>
  );
}

test('a form sends what its fields hold, under the names of the API', async () => {
  const send = vi.fn();
  const { user } = draw(<Entries onSend={send} />);
  const save = screen.getByRole('button', { name: 'Save' });
  await user.click(save);
  await screen.findByText(en.fields.required);
  expect(document.activeElement).toBe(screen.getByRole('textbox', { name: 'Name' }));
  await user.type(screen.getByRole('textbox', { name: 'Name' }), 'Kim');
  const many = screen.getByRole('spinbutton', { name: /^Many/ });
  await user.clear(many);
  await user.type(many, '61');
  await user.click(save);
  await screen.findByText(en.fields.invalid);
  expect(document.activeElement).toBe(many);
  await user.clear(many);
  await user.type(many, '42');
  await user.click(save);
  await screen.findByText(en.fields.required);
  const agree = screen.getByRole('checkbox', { name: 'Agree' });
  expect(document.activeElement).toBe(agree);
  await keys(user, ' ');
  await user.click(screen.getByRole('switch', { name: 'On' }));
  await user.click(screen.getByRole('radio', { name: /^Browser/ }));
  await user.click(save);
  expect(send).toHaveBeenCalledWith({ name: 'Kim', many: '42', text: 'as before', state: 'b', agree: 'on', kind: 'spa' });
});

test('a field that the page holds hears of every letter', async () => {
  function Held() {
    const [text, setText] = useState('');
    return <TextField name="held" label="Held" value={text} onChange={({ target }) => { setText(target.value.toUpperCase()); }} />;
  }
  const { user } = draw(<Held />);
  const input = screen.getByRole<HTMLInputElement>('textbox', { name: /^Held/ });
  await user.type(input, 'kim');
  expect(input.value).toBe('KIM');
});

test('a search is made on Enter, undone when it is emptied, and follows the address', async () => {
  const search = vi.fn();
  const { user, again } = draw(<SearchField label="Search users" value="" onSearch={search} />);
  const box = screen.getByRole<HTMLInputElement>('searchbox', { name: 'Search users' });
  await user.type(box, ' kim {Enter}');
  expect(search.mock.calls).toEqual([['kim']]);
  again(<SearchField label="Search users" value="kim" onSearch={search} />);
  expect(box.value).toBe('kim');
  expect(document.activeElement).toBe(box);
  await user.click(screen.getByRole('button', { name: 'Clear search' }));
  expect(search.mock.calls).toEqual([['kim'], ['']]);
});

test('tabs follow the arrow keys, and the one that is shown is not chosen again', async () => {
  const change = vi.fn();
  const { user } = draw(<Tabs label="Views" tabs={[{ id: 'a', label: 'First' }, { id: 'b', label: 'Second' }]} value="a" onChange={change}>Panel</Tabs>);
  await user.click(screen.getByRole('tab', { name: 'First' }));
  expect(change).not.toHaveBeenCalled();
  await keys(user, '{ArrowRight}');
  expect(change).toHaveBeenCalledWith('b');
  expect(screen.getByRole('tabpanel', { name: 'First' }).textContent).toBe('Panel');
});

function Ranged({ onChange, first = { from: '', to: '' } }: { onChange: (range: object) => void; first?: { from: string; to: string } }) {
  const [range, setRange] = useState(first);
  return (
    <>
      <DateRange label="Created" {...range} onChange={(next) => { onChange(next); setRange(next); }} />
      <button type="button" onClick={() => { setRange({ from: '', to: '2026-01-31' }); }}>Elsewhere</button>
    </>
  );
}
/** As a browser says it of text that is edited in place. */
function typeDays(digits: string) {
  for (const data of digits) fireEvent(document.activeElement as Element, new InputEvent('beforeinput', { data, inputType: 'insertText', bubbles: true, cancelable: true }));
}
const parts = () => screen.getAllByRole('spinbutton').map(({ textContent }) => textContent.replace(/[^\w]/g, ''));

test('days are typed, with one end or two, and nothing is said of half a day', async () => {
  const change = vi.fn();
  const { user } = draw(<Ranged onChange={change} />);
  await user.click(screen.getAllByRole('spinbutton')[0] as HTMLElement);
  typeDays('11022026');
  expect(change.mock.calls).toEqual([[{ from: '2026-11-02', to: '' }]]);
  typeDays('11302026');
  expect(change).toHaveBeenLastCalledWith({ from: '2026-11-02', to: '2026-11-30' });
  expect(parts()).toEqual(['11', '02', '2026', '11', '30', '2026']);
  await user.click(screen.getByText('Elsewhere'));
  expect(parts().slice(3)).toEqual(['01', '31', '2026']);
  await user.click(screen.getByRole('button', { name: en.text.clear }));
  expect(change).toHaveBeenLastCalledWith({ from: '', to: '' });
});

test('days are chosen in a calendar', async () => {
  const change = vi.fn();
  const { user } = draw(<Ranged onChange={change} first={{ from: '2026-11-02', to: '2026-11-04' }} />);
  await user.click(screen.getAllByRole('button', { name: /Calendar/ })[0] as HTMLElement);
  const dialog = await screen.findByRole('dialog');
  await user.click(within(dialog).getByRole('button', { name: /November 10, 2026/ }));
  await user.click(within(dialog).getByRole('button', { name: /November 12, 2026/ }));
  expect(change.mock.calls).toEqual([[{ from: '2026-11-10', to: '2026-11-12' }]]);
});

test.each([['en', 'Clear search'], ['ko', '검색 지우기'], ['ar', 'مسح البحث']] as const)('the library speaks %s', (locale, name) => {
  draw(<SearchField label="q" value="kim" onSearch={vi.fn()} />, locale);
  expect(screen.getByRole('button', { name })).toBeTruthy();
});
