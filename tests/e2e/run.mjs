// Starts the whole system in a folder of its own, runs the journeys (or takes the pictures) against it, and
// takes it down again, whatever happens.

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, watch } from 'node:fs';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startProvider } from './provider.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const source = resolve(here, '../../functions/standalone/cmd/standalone');

// A first start makes a database, and may have to fetch PostgreSQL and compile Hydra.
const startTimeout = 15 * 60_000;

// Settings of another system that a shell may carry: the journeys make accounts, and belong in none but their own.
const foreign = ['AUTHWAY_URL', 'DATABASE_URL', 'HYDRA_DATABASE_URL', 'REDIS_URL', 'HYDRA_ADMIN_URL', 'HYDRA_PUBLIC_URL', 'GOOGLE_CLIENT_ID', 'GOOGLE_CLIENT_SECRET'];

// Journeys that sign tokens as the system does are told it.
const masterKey = randomBytes(32).toString('base64');

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => stop.abort(new Error(`stopped by ${signal}`)));

/** Runs a program to its end and returns its exit code. */
async function run(program, args, env = process.env) {
  const child = spawn(program, args, { cwd: here, env, stdio: 'inherit' });
  const end = () => child.kill('SIGINT');
  stop.signal.addEventListener('abort', end);
  const [code] = await once(child, 'exit');
  stop.signal.removeEventListener('abort', end);
  return code ?? 1;
}

/** Resolves with the contents of the file once it is there; it is put in place whole. */
async function appears(folder, name, signal) {
  const changes = watch(folder, { signal });
  const found = () => readFile(join(folder, name), 'utf8').catch(() => '');
  let text = await found();
  while (!text) {
    await once(changes, 'change', { signal });
    text = await found();
  }
  changes.close();
  return text;
}

async function start(program, data, providers) {
  const env = {
    ...process.env, AUTHWAY_DATA_DIR: data, PORT: '0', OPS_PORT: '0', OIDC_PROVIDERS: providers, AUTHWAY_MASTER_KEYS: masterKey,
    CLIENTS_FILE: join(here, 'applications.yaml'), CLIENTS_RECONCILE: 'report',
  };
  for (const name of foreign) delete env[name];
  // A process group of its own: a Ctrl-C at the keyboard reaches us first, and the browsers end before the system.
  const system = spawn(program, { env, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
  let said = '';
  system.stdout.on('data', (chunk) => { said += chunk; });
  const exit = once(system, 'exit');
  const gaveUp = exit.then(([code]) => {
    throw new Error(`the system ended with ${code} before it was ready:\n${said}`);
  });
  const ready = appears(data, 'endpoints.json', AbortSignal.any([stop.signal, AbortSignal.timeout(startTimeout)]));
  const end = async () => {
    system.kill('SIGINT');
    await exit;
  };
  try {
    return { endpoints: await Promise.race([ready, gaveUp]), end };
  } catch (error) {
    await end();
    throw error;
  } finally {
    gaveUp.catch(() => undefined);
    ready.catch(() => undefined);
  }
}

/** What the functions call their own fault is worth reading when a journey fails. */
function faults(data) {
  const logs = join(data, 'logs');
  const lines = readdirSync(logs).flatMap((name) => readFileSync(join(logs, name), 'utf8').split('\n'));
  return lines.filter((line) => line.includes('"level":"ERROR"')).slice(-20);
}

function task() {
  const [first, ...rest] = process.argv.slice(2);
  if (first === 'pictures') {
    if (rest.length !== 1) throw new Error('name a folder for the pictures: npm run pictures -- FOLDER');
    // npm runs scripts in this folder; the name is meant from where the person is.
    return [join(here, 'pictures.mjs'), resolve(process.env.INIT_CWD ?? '.', rest[0])];
  }
  const all = readdirSync(join(here, 'journeys')).filter((name) => name.endsWith('.test.mjs'));
  const chosen = first ? all.filter((name) => [first, ...rest].some((part) => name.startsWith(part))) : all;
  if (chosen.length === 0) throw new Error(`there is no journey of that name; there are ${all.join(', ')}`);
  return ['--test', '--test-reporter=spec', '--test-concurrency=1', ...chosen.map((name) => join('journeys', name))];
}

async function main() {
  const args = task();
  const folder = await mkdtemp(join(tmpdir(), 'authway-e2e-'));
  let provider;
  try {
    // PostgreSQL runs under an account of its own when we are root, and has to get in.
    await chmod(folder, 0o711);
    const program = join(folder, 'standalone');
    if ((await run('go', ['build', '-o', program, source])) !== 0) throw new Error('the system does not build');
    provider = await startProvider();
    const system = await start(program, folder, provider.settings);
    try {
      const code = await run(process.execPath, args, { ...process.env, AUTHWAY_ENDPOINTS: system.endpoints, AUTHWAY_MASTER_KEYS: masterKey });
      if (code !== 0) for (const line of faults(folder)) console.error(line);
      return code;
    } finally {
      await system.end();
    }
  } finally {
    provider?.end();
    await rm(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main().catch((error) => {
  console.error(error.message);
  return 1;
});
