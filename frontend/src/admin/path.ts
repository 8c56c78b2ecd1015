import { useParams } from '@tanstack/react-router';

/**
 * A part of the address's path, or '' where it has none. The router's own type of it follows from the pages, and they
 * ask here: a circle, which ends in no type at all.
 */
export function usePart(name: 'tenant' | 'id'): string {
  const parts: Readonly<Record<string, string | undefined>> = useParams({ strict: false });
  return parts[name] ?? '';
}
