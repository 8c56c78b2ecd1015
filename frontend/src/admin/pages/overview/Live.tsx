import { useSite } from '../../site';
import type { StreamState } from '../../useStream';
import { useText } from './texts';

/** Whether what is shown is of now, and if not, since when. */
export function Live({ state, lastAt }: { state: StreamState; lastAt: number | null }) {
  const { t, locale } = useSite();
  const { t: own } = useText();
  let text = own('connecting');
  if (state === 'live') text = t('live');
  else if (lastAt) text = t('stale', { time: new Intl.DateTimeFormat(locale, { timeStyle: 'medium' }).format(lastAt) });
  return <span className="live" role="status" data-state={state}>{text}</span>;
}
