import { useSite } from './site';

/** The place of what is on its way. */
export function Waiting() {
  const { t } = useSite();
  return (
    <div className="panel waiting" role="status">
      <span className="unseen">{t('loading')}</span>
      <i /><i /><i />
    </div>
  );
}
