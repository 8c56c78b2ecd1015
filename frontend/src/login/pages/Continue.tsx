import { usePage } from '../page';
import { Heading } from '../parts/Heading';

/** The answer to a plain form post: a redirect to another origin would be stopped by form-action, a refresh is not. */
export function Continue() {
  const { view, t } = usePage();
  return (
    <>
      <Heading title={t('continueTitle')} />
      <p>{t('continueBody')}</p>
      <a className="button" href={view.next}>{t('continue')}</a>
    </>
  );
}
