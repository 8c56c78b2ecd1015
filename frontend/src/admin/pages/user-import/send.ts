// Sends a file in pieces: each is done before the next leaves, so that a connection that breaks costs one of them.

import type { Schemas } from '../../api';
import { root } from '../../api';
import { Problem, problemOf } from '../../problem';

type Import = Schemas['Import'];

// A piece is some ten seconds of work at the other end.
const piece = 1 << 20;

const hex = (bytes: ArrayBuffer) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** Whether the file is the one that the import has begun with. */
export async function sameFile(file: File, { size, position, sha256 }: Import): Promise<boolean> {
  if (file.size !== size) return false;
  if (!position) return true;
  return hex(await crypto.subtle.digest('SHA-256', await file.slice(0, position).arrayBuffer())) === sha256;
}

/** Sends what is left. `tell` hears after each piece how far it is. */
export async function send(tenant: string, file: File, begun: Import, tell: (now: Import) => void, signal: AbortSignal): Promise<Import> {
  let now = begun;
  let size = piece;
  while (now.state === 'waiting' || now.state === 'running') {
    const { position, sha256 } = now;
    const query = position ? `?offset=${String(position)}&sha256=${sha256}` : '';
    let response: Response;
    try {
      response = await fetch(`${root}/tenants/${tenant}/imports/${begun.id}/content${query}`, {
        method: 'PUT',
        credentials: 'same-origin',
        headers: { 'Content-Type': 'application/octet-stream', Accept: 'application/json' },
        body: file.slice(position, position + size),
        signal,
      });
    } catch (error) {
      throw error instanceof DOMException && error.name === 'AbortError' ? error : new Problem('offline');
    }
    if (!response.ok) throw await problemOf(response);
    now = (await response.json()) as Import;
    // A line longer than the piece: all that is left goes at once, and the other end says what it is.
    if (now.position === position) {
      if (size >= begun.size) throw new Problem('internal');
      size = begun.size;
    }
    tell(now);
  }
  return now;
}

/** What a file is by its name, or by its first character. */
export async function formatOf(file: File): Promise<'csv' | 'jsonl'> {
  if (/\.csv$/i.test(file.name)) return 'csv';
  if (/\.(jsonl|ndjson|json)$/i.test(file.name)) return 'jsonl';
  const first = (await file.slice(0, 64).text()).replace(/^\uFEFF/, '').trimStart();
  return first.startsWith('{') ? 'jsonl' : 'csv';
}

let chosen: { id: string; file: File } | null = null;

/** The file of an import, which no browser gives back after a reload. */
export const hold = (id: string, file: File) => { chosen = { id, file }; };
export const held = (id: string) => (chosen?.id === id ? chosen.file : null);
