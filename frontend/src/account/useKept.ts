import { useEffect, useState } from 'react';
import { forget, kept } from './kept';

/** What was typed before a sign-in that came in between; null if nothing was. It is given once. */
export function useKept(what: string): Readonly<Record<string, string>> | null {
  const [entries] = useState(() => kept(what));
  useEffect(() => {
    if (entries) forget();
  }, [entries]);
  return entries;
}
