// Every page, in every way it is looked at, without a fault that axe can see and without sideways scroll.

import assert from 'node:assert/strict';
import { faults } from '../faults.mjs';
import { journey } from '../harness.mjs';
import { person } from '../people.mjs';
import { expected, looks, walk } from '../walk.mjs';

for (const [look, options] of Object.entries(looks)) {
  journey(`${look}: no page has a violation`, { ...options, expected }, async ({ page }) => {
    const found = {};
    await walk(page, await person(), options, async (name, shown = page) => {
      const wrong = await faults(shown);
      if (wrong.length > 0) found[name] = wrong;
    });
    assert.deepEqual(found, {});
  });
}
