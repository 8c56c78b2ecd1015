import { useEffect, useState } from 'react';
import { useStep } from '../page';

/** Counts down from `seconds` to 0, by the clock: a timer of a page in the background is late. */
function useCountdown(seconds: number): number {
  const [left, setLeft] = useState(seconds);
  useEffect(() => {
    if (!seconds) return;
    const end = Date.now() + seconds * 1000;
    const timer = setInterval(() => {
      const rest = Math.max(0, Math.ceil((end - Date.now()) / 1000));
      setLeft(rest);
      if (!rest) clearInterval(timer);
    }, 1000);
    return () => { clearInterval(timer); };
  }, [seconds]);
  return left;
}

/** Another code, when it is time; without script the server says when it is not. The countdown is no live text, which would be read out every second. */
export function Resend() {
  const { view, t, dialect } = useStep();
  const left = useCountdown(view.resendAfter);
  return (
    <div className="again">
      <button
        type="submit"
        className="link"
        name="action"
        value="resend"
        formNoValidate
        {...dialect.given(left, { 'aria-describedby': 'resend-wait' })}
        onClick={(event) => { if (left) event.preventDefault(); }}
      >
        {t('resend')}
      </button>
      {dialect.when(left, <p className="hint" id="resend-wait">{t('resendWait', { seconds: left })}</p>)}
    </div>
  );
}
