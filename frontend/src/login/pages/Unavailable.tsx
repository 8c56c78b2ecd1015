import { usePage } from '../page';
import { Heading } from '../parts/Heading';

/** What the edge shows when a function does not answer. */
export function Unavailable() {
  const { t } = usePage();
  return (
    <>
      <Heading title={t('unavailable')} />
      <p>{t('unavailableBody')}</p>
      <a className="button" href="">{t('tryAgain')}</a>
    </>
  );
}
