import { usePage } from '../page';

/** What the client asks people to read. */
export function Policies() {
  const { view, t, dialect } = usePage();
  const { policy, terms } = view.client;
  return dialect.when(
    dialect.any(policy, terms),
    <p className="policies">
      {dialect.when(policy, <a href={policy}>{t('privacy')}</a>)}
      {dialect.when(terms, <a href={terms}>{t('terms')}</a>)}
    </p>,
  );
}
