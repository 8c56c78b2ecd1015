import { usePage } from '../page';
import { Heading } from '../parts/Heading';

export function SignedOut() {
  const { view, t, dialect } = usePage();
  return (
    <>
      <Heading title={t('signedOut')} />
      <p>{t('signedOutBody')}</p>
      {dialect.when(view.next, <a className="button" href={view.next}>{t('continue')}</a>)}
    </>
  );
}
