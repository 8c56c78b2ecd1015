// What browsers have and jsdom has not.

const browser: { CSS?: Pick<typeof CSS, 'escape'> } = globalThis;
browser.CSS ??= { escape: (text) => text.replace(/[^\w-]/g, '\\$&') };
