// @vitest-environment node
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Palette, paletteOf } from '../src/admin/pages/settings/accent';
import { changesOf, draftOf, editOf, type Settings } from '../src/admin/pages/settings/draft';

// What the Go package tenant has to come to as well (shared/tenant/accent_test.go).
const recorded = JSON.parse(readFileSync('../shared/tenant/testdata/accents.json', 'utf8')) as Record<string, Palette | null>;

test.each(Object.entries(recorded))('%s becomes what the server makes of it', (accent, palette) => {
  expect(paletteOf(accent)).toEqual(palette);
});

test.each(['', '#fff', '#FFFFFF', 'red', '#12345g'])('%j is no colour', (text) => {
  expect(paletteOf(text)).toBeNull();
});

const settings: Settings = {
  id: '1', slug: 'acme', name: 'Acme', version: '7', createdAt: '', updatedAt: '',
  look: { accent: '', logo: '/login/brand/x', support: '', terms: '', privacy: '', welcome: { en: 'Hello' } },
  demands: { minPassword: 12, requireMfa: false, registration: 'open', providers: null, sessionIdle: 900, sessionAbsolute: null },
  configured: [{ id: 'google', name: 'Google' }],
};

test('an edit names only the parts that have changed', () => {
  const draft = draftOf(settings);
  expect(changesOf(draft, draftOf(settings))).toEqual({});
  expect(editOf({ ...draft, name: 'New' }, settings, 'why')).toEqual({ version: '7', reason: 'why', name: 'New' });
  const look = editOf({ ...draft, accent: '#123456' }, settings, '').look;
  expect(look).toEqual({ accent: '#123456', support: '', terms: '', privacy: '', welcome: { en: 'Hello', ko: '', ar: '' } });
  expect(editOf({ ...draft, logo: 'data:image/png;base64,QUJD' }, settings, '').look?.logo).toBe('QUJD');
  expect(editOf({ ...draft, logo: '' }, settings, '').look?.logo).toBe('');
  expect(editOf({ ...draft, allProviders: false, idle: '', absolute: '24' }, settings, '').demands).toEqual({
    minPassword: 12, requireMfa: false, registration: 'open', providers: ['google'], sessionIdle: null, sessionAbsolute: 86_400,
  });
});
