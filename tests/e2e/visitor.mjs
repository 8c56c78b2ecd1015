// A person whose browser is fetch and a cookie jar: it follows redirects and refreshes and fills plain forms.

import assert from 'node:assert/strict';

const hops = 20;
const named = { amp: '&', quot: '"', lt: '<', gt: '>' };
const decode = (text) =>
  text.replace(/&(?:#(\d+)|(amp|quot|lt|gt));/g, (_, code, name) => (code ? String.fromCodePoint(Number(code)) : named[name]));

function attributes(tag) {
  return Object.fromEntries(
    [...tag.matchAll(/([\w-]+)(?:="([^"]*)")?/g)].slice(1).map(([, name, value]) => [name.toLowerCase(), decode(value ?? '')]),
  );
}

export class Visitor {
  #jar = new Map();

  /** Goes to an address and wherever it leads, up to one that begins with `until`. */
  async open(address, { until, ...init } = {}) {
    let url = new URL(address);
    for (let hop = 0; hop < hops; hop += 1) {
      if (until && url.href.startsWith(until)) return { url, body: '', status: 0 };
      const response = await fetch(url, { ...init, redirect: 'manual', headers: this.#headers(init.headers) });
      this.#keep(response);
      const body = await response.text();
      const next = response.headers.get('location') ?? body.match(/http-equiv="refresh" content="0; ?url=([^"]*)"/i)?.[1];
      if (!next) return { url, body, status: response.status };
      url = new URL(decode(next), url);
      init = {};
    }
    return assert.fail(`more than ${hops} redirects, the last to ${url.pathname}`);
  }

  /** Sends the page's form with what it holds and `entries`; a value of null takes an entry out. */
  async submit(page, entries, options) {
    const form = page.body.match(/<form[^>]*>[^]*?<\/form>/)?.[0];
    assert.ok(form, `there is no form at ${page.url.pathname} (${page.status})`);
    const { action } = attributes(form.match(/<form[^>]*>/)[0]);
    const body = new URLSearchParams();
    for (const [tag] of form.matchAll(/<input[^>]*>/g)) {
      const { name, type, value = '', ...rest } = attributes(tag);
      if (type !== 'checkbox' || 'checked' in rest) body.append(name, value);
    }
    for (const [name, value] of Object.entries(entries)) {
      if (value === null) body.delete(name);
      else body.set(name, value);
    }
    const headers = { origin: page.url.origin, 'sec-fetch-site': 'same-origin' };
    return this.open(action ? new URL(action, page.url) : page.url, { ...options, method: 'POST', body, headers });
  }

  #headers(own) {
    const cookie = [...this.#jar].map(([name, value]) => `${name}=${value}`).join('; ');
    return { accept: 'text/html', ...own, ...(cookie && { cookie }) };
  }

  // One host and no paths: more than enough to visit one site with.
  #keep(response) {
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = cookie.match(/^([^=]+)=([^;]*)/);
      if (value === '' || /max-age=(0|-)/i.test(cookie)) this.#jar.delete(name);
      else this.#jar.set(name, value);
    }
  }
}
