import { useState } from 'react';
import { useSite } from '../context';

/** Copies a text that is on the page as well. Browsers offer it over https and on the same machine only. */
export function Copy({ text }: { text: string }) {
  const { t } = useSite();
  const [outcome, setOutcome] = useState('');
  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => { setOutcome(t('copied')); },
      () => { setOutcome(t('notCopied')); },
    );
  };
  return (
    <>
      {'clipboard' in navigator ? <button type="button" className="button quiet" onClick={copy}>{t('copy')}</button> : null}
      <p className="live" aria-live="polite">{outcome}</p>
    </>
  );
}
