import { useMemo } from 'react';
import { useSite } from './context';

/** Moments in the language of the page and the time zone of the person. */
export function useTime() {
  const { locale } = useSite();
  return useMemo(() => {
    const day = new Intl.DateTimeFormat(locale, { dateStyle: 'long' });
    const moment = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' });
    const written = (format: Intl.DateTimeFormat) => (at: string) => {
      const time = Date.parse(at);
      return Number.isNaN(time) ? '' : format.format(time);
    };
    return { day: written(day), moment: written(moment) };
  }, [locale]);
}
