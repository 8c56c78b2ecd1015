// Takes a file in while it is written, and counts its rows.

import { root } from '../../api';
import { Problem, problemOf } from '../../problem';
import { stringifySearch } from '../../search';

export interface Counted {
  rows: number;
  /** How many there may be, or 0 if nobody knows. */
  total: number;
}

export interface Made extends Counted {
  name: string;
  content: Blob;
}

const newline = 10;

/** The file; null if it was stopped. `tell` hears now and then how far it is. */
export async function fetchFile(tenant: string, query: Readonly<Record<string, string | undefined>>, tell: (now: Counted) => void, signal: AbortSignal): Promise<Made | null> {
  try {
    const response = await fetch(`${root}/tenants/${tenant}/users/export${stringifySearch(query)}`, { credentials: 'same-origin', headers: { Accept: 'application/json, */*' }, signal });
    if (!response.ok) throw await problemOf(response);
    const total = Number(response.headers.get('X-Total-Count')) || 0;
    const name = /filename="([^"]+)"/.exec(response.headers.get('Content-Disposition') ?? '')?.[1] ?? `${tenant}.${query['format'] ?? 'csv'}`;
    const parts: Uint8Array<ArrayBuffer>[] = [];
    // The header of a CSV file is no account.
    let rows = query['format'] === 'csv' ? -1 : 0;
    const reader = response.body?.getReader();
    tell({ rows: 0, total });
    for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
      parts.push(read.value);
      for (const byte of read.value) if (byte === newline) rows++;
      tell({ rows: Math.max(rows, 0), total });
    }
    return { rows: Math.max(rows, 0), total, name, content: new Blob(parts, { type: response.headers.get('Content-Type') ?? '' }) };
  } catch (error) {
    if (signal.aborted) return null;
    throw error instanceof Problem ? error : new Problem('offline');
  }
}

/** Hands a file to the person. */
export function save({ name, content }: Made): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // Safari begins to read only after the click has been dealt with.
  setTimeout(() => { URL.revokeObjectURL(address); }, 60_000);
}
