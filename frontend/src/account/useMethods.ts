import { textOf } from './catalog';
import { useSite } from './context';

/** How somebody proved who they are, in words; what has none is left out. */
export function useMethods() {
  const { catalog, locale } = useSite();
  return (methods: readonly string[]) => {
    const words = methods.map((method) => textOf(catalog.methods, method)).filter(Boolean);
    return new Intl.ListFormat(locale, { type: 'unit', style: 'short' }).format(words);
  };
}
