import { useStep } from '../page';
import { useCountdown } from '../useCountdown';

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
