// Writes the static pages (dist/login) and the Go templates (pages/templates) from the React components.
// Runs after the three `vite build`s, whose manifests name the hashed assets.

import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createServer } from 'vite';

const root = dirname(import.meta.dirname);
const output = { static: join(root, 'dist/login'), template: join(root, 'pages/templates') };
const base = '/ui/';

const manifestFolder = join(output.static, 'ui/.vite');
const manifestOf = async (name) => JSON.parse(await readFile(join(manifestFolder, name), 'utf8'));
const manifests = { login: await manifestOf('manifest.json'), account: await manifestOf('account.json'), admin: await manifestOf('admin.json') };
const icon = await writeIcon();

async function writeIcon() {
  const svg = await readFile(join(root, 'src/login/mark.svg'));
  const hash = createHash('sha256').update(svg).digest('base64url').slice(0, 8);
  await writeFile(join(output.static, `ui/assets/mark-${hash}.svg`), svg);
  return `${base}assets/mark-${hash}.svg`;
}

function importsOf(manifest, key, found = new Set()) {
  for (const name of manifest[key].imports ?? []) {
    if (!found.has(name)) importsOf(manifest, name, found.add(name));
  }
  return found;
}

function assetsOf(name, { first } = {}) {
  const manifest = manifests[name.split('/')[0]] ?? manifests.login;
  const style = Object.values(manifest).find(({ file }) => file.endsWith('.css')).file;
  const run = [first, name].filter(Boolean).map((each) => `src/${each}.ts`);
  const preload = name ? [...importsOf(manifest, `src/${name}.ts`)].filter((key) => !run.includes(key)) : [];
  const address = (key) => base + manifest[key].file;
  return { icon, style: base + style, scripts: run.map(address), preloads: preload.map(address) };
}

// React's own production code, as in the browser.
process.env.NODE_ENV = 'production';
const server = await createServer({
  root,
  configFile: join(root, 'vite.login.config.ts'),
  mode: 'production',
  appType: 'custom',
  logLevel: 'warn',
  server: { middlewareMode: true, ws: false, watch: null },
  optimizeDeps: { noDiscovery: true },
});
try {
  const { files } = await server.ssrLoadModule('/src/prerender/entry.tsx');
  const written = files(assetsOf);
  for (const { kind, path, html } of written) {
    const file = join(output[kind], path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, html);
  }
  // What a page of the dashboard loads is known to the manifest alone; sizes.mjs reads it and takes it away.
  await rename(join(manifestFolder, 'admin.json'), join(root, 'dist/admin.json'));
  await rm(manifestFolder, { recursive: true });
  console.log(`prerendered ${written.length} pages`);
} finally {
  await server.close();
}
