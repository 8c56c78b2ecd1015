import { usePage } from '../page';
import { Heading } from '../parts/Heading';

export function NotFound() {
  const { t } = usePage();
  return (
    <>
      <Heading title={t('notFound')} />
      <p>{t('notFoundBody')}</p>
    </>
  );
}
