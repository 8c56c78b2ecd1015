import { useState } from 'react';
import { useStep } from '../page';
import { useHydrated } from '../useForm';

/** Copies a text that is on the page as well. Browsers offer it over https and on the same machine only. */
export function Copy({ text }: { text: () => string }) {
  const { t } = useStep();
  const able = useHydrated() && 'clipboard' in navigator;
  const [outcome, setOutcome] = useState('');
  const copy = () => {
    navigator.clipboard.writeText(text()).then(
      () => { setOutcome(t('copied')); },
      () => { setOutcome(t('notCopied')); },
    );
  };
  return (
    <>
      <button type="button" className="tool" hidden={!able} onClick={copy}>{t('copy')}</button>
      <p className="live" aria-live="polite">{outcome}</p>
    </>
  );
}
