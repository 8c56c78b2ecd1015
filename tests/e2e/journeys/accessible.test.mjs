// Every page, in every way it is looked at, without a fault that axe can see and without sideways scroll.

import assert from 'node:assert/strict';
import axe from 'axe-core';
import { journey } from '../harness.mjs';
import { person } from '../people.mjs';
import { expected, looks, walk } from '../walk.mjs';

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

async function violations(page) {
  await page.evaluate(axe.source);
  const found = await page.evaluate((values) => window.axe.run({ runOnly: { type: 'tag', values } }), tags);
  assert.ok(found.passes.length > 0, 'axe has looked at nothing');
  return found.violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}

const overflow = (page) => page.evaluate(() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  return scrollWidth > clientWidth ? [`scrolls sideways: ${scrollWidth} in ${clientWidth}`] : [];
});

for (const [look, options] of Object.entries(looks)) {
  journey(`${look}: no page has a violation`, { ...options, expected }, async ({ page }) => {
    const found = {};
    await walk(page, await person(), async (name) => {
      const faults = [...(await violations(page)), ...(await overflow(page))];
      if (faults.length > 0) found[name] = faults;
    });
    assert.deepEqual(found, {});
  });
}
