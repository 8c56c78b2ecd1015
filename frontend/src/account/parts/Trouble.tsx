import { useEffect, useRef } from 'react';
import type { Problem } from '../../login/answer';
import { Warning } from '../../login/parts/icons';
import { textOf } from '../catalog';
import { useSite } from '../context';
import { staleCode } from '../useAction';

/** A sign-in that is too old for what was asked is no fault: it is said as what to do next. */
function Stale({ next }: { next: string }) {
  const { t } = useSite();
  return (
    <>
      <p>{t('stale')}</p>
      {next ? <a className="button" href={next}>{t('confirmYou')}</a> : null}
    </>
  );
}

function Fault({ problem }: { problem: Problem }) {
  const { catalog, t } = useSite();
  const { code, wait, reference } = problem;
  const text = textOf(catalog.alerts, code) || textOf(catalog.fields, code);
  return (
    <>
      <p>{text || catalog.alerts.internal}</p>
      {wait ? <p>{t('wait', { time: wait })}</p> : null}
      {reference && (!text || code === 'internal' || code === 'unavailable') ? <p>{t('reference', { reference })}</p> : null}
    </>
  );
}

interface Props {
  problem: Problem | null;
  /** The fields beside it, which say themselves what is wrong with them. */
  fields?: readonly string[];
}

/** What went wrong, where it went wrong. It takes focus each time. */
export function Trouble({ problem, fields = [] }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const shown = problem && !fields.includes(problem.field) ? problem : null;
  useEffect(() => {
    if (shown) box.current?.focus();
  }, [shown]);

  if (!shown) return null;
  const stale = shown.code === staleCode;
  return (
    <div className={stale ? 'notice' : 'alert'} role="alert" tabIndex={-1} ref={box}>
      <Warning />
      <div>{stale ? <Stale next={shown.next} /> : <Fault problem={shown} />}</div>
    </div>
  );
}
