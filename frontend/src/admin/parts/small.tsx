import { useId, useMemo, useState } from 'react';
import { Icon } from '../icons';
import { useSite } from '../site';
import { Button } from './Button';

export type Tone = 'good' | 'bad' | 'warn' | 'plain';

/** A state in a word. The word says it; the colour only helps. */
export const Badge = ({ tone = 'plain', children }: { tone?: Tone; children: string }) => <span className={`badge ${tone}`}>{children}</span>;

/** An id or a code, in letters of one width. */
export const Code = ({ children }: { children: string }) => <code dir="ltr">{children}</code>;

/** A moment in the time zone of the person, with UTC to hover over. `null` is a dash. */
export function Time({ at, kind = 'moment' }: { at: string | null | undefined; kind?: 'moment' | 'day' }) {
  const { locale } = useSite();
  const [local, utc] = useMemo(() => {
    const style = kind === 'day' ? { dateStyle: 'medium' } as const : { dateStyle: 'medium', timeStyle: 'medium' } as const;
    return [new Intl.DateTimeFormat(locale, style), new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'long', timeZone: 'UTC' })];
  }, [locale, kind]);
  const moment = Date.parse(at ?? '');
  if (!at || Number.isNaN(moment)) return <>–</>;
  return <time dateTime={at} title={utc.format(moment)}>{local.format(moment)}</time>;
}

/** Copies a text. Browsers offer it over https and on the same machine only. */
export function Copy({ text, label }: { text: string; label?: string }) {
  const { t } = useSite();
  const [outcome, setOutcome] = useState('');
  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => { setOutcome(t('copied')); },
      () => { setOutcome(t('notCopied')); },
    );
  };
  return (
    <span className="copy">
      {'clipboard' in navigator ? <Button onClick={copy}><Icon name="copy" />{label ?? t('copy')}</Button> : null}
      <span className="hint" role="status">{outcome}</span>
    </span>
  );
}

/** A secret that is shown this once. The person says that it is kept before it goes away. */
export function Secret({ label, text, onKept }: { label: string; text: string; onKept: () => void }) {
  const { t } = useSite();
  const id = useId();
  return (
    <div className="once" role="group" aria-labelledby={id}>
      <p id={id}><strong>{label}</strong></p>
      <p className="hint">{t('shownOnce')}</p>
      <code className="secret" dir="ltr" tabIndex={0} aria-labelledby={id}>{text}</code>
      <div className="actions"><Copy text={text} /><Button kind="main" onClick={onKept}>{t('kept')}</Button></div>
    </div>
  );
}

/** How far something is; without `value`, that it goes on. */
export function Progress({ label, value, max = 100 }: { label: string; value?: number; max?: number }) {
  const { locale } = useSite();
  const id = useId();
  return (
    <div className="progress">
      <label htmlFor={id}>{label}</label>
      <progress id={id} value={value} max={max} />
      {value === undefined ? null : <span>{new Intl.NumberFormat(locale, { style: 'percent' }).format(max ? value / max : 0)}</span>}
    </div>
  );
}
