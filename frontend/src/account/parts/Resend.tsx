import { useCountdown } from '../../login/useCountdown';
import { useSite } from '../context';

interface Props {
  seconds: number;
  news: string;
  onSend: () => void;
}

/** Another code, when it is time. The countdown is no live text, which would be read out every second. */
export function Resend({ seconds, news, onSend }: Props) {
  const { t } = useSite();
  const left = useCountdown(seconds);
  return (
    <div className="again">
      <button type="button" className="link" aria-disabled={left > 0} onClick={() => { if (!left) onSend(); }}>
        {t('resend')}
      </button>
      {left ? <p className="hint">{t('resendWait', { seconds: left })}</p> : null}
      <p className="live" role="status">{news}</p>
    </div>
  );
}
