import { useEffect, useRef } from 'react';
import { textOf } from '../catalog';
import { Icon } from '../icons';
import { leave, secondFactorPath } from '../leave';
import type { Problem } from '../problem';
import { useSite } from '../site';
import { alertOf } from '../texts';
import { factorCode } from '../useAction';
import { Button } from './Button';

/** What a problem says: in words of the page, of the dashboard, or of the API, which are English. */
function Fault({ problem }: { problem: Problem }) {
  const { catalog, t } = useSite();
  const { code, retryAfter, reference, title } = problem;
  const text = alertOf(code) || textOf(catalog.alerts, code) || textOf(catalog.fields, code);
  return (
    <>
      {text || !title ? <p>{text || catalog.alerts.internal}</p> : <p lang="en" dir="ltr">{title}</p>}
      {retryAfter ? <p>{t('wait', { seconds: retryAfter })}</p> : null}
      {reference && (!text || problem.status >= 500) ? <p className="hint">{t('reference', { reference })}</p> : null}
    </>
  );
}

interface Props {
  problem: Problem | null;
  /** The fields beside it, which say themselves what is wrong with them. */
  fields?: readonly string[];
  /** Tries again what did not come. */
  retry?: () => void;
  /** Leaves focus where it is: for what a person did not ask for just now. It is read out in any case. */
  still?: boolean;
}

/** What went wrong, where it went wrong. It takes focus each time, unless it is `still`. */
export function Trouble({ problem, fields = [], retry, still = false }: Props) {
  const { t } = useSite();
  const box = useRef<HTMLDivElement>(null);
  const shown = problem && !fields.includes(problem.field) ? problem : null;
  useEffect(() => {
    if (shown && !still) box.current?.focus();
  }, [shown, still]);
  if (!shown) return null;
  const needsFactor = shown.code === factorCode;
  return (
    <div className={needsFactor ? 'notice' : 'alert'} role="alert" tabIndex={-1} ref={box}>
      <Icon name={needsFactor ? 'lock' : 'warning'} />
      <div className="said">
        <Fault problem={shown} />
        {needsFactor ? <Button onClick={() => { leave(shown.next || secondFactorPath); }}>{t('confirmYou')}</Button> : null}
        {retry && !needsFactor ? <Button onClick={retry}>{t('tryAgain')}</Button> : null}
      </div>
    </div>
  );
}
