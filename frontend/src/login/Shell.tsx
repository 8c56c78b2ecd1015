import type { ReactNode } from 'react';
import { languages } from './catalog';
import { usePage } from './page';
import { Mark } from './parts/icons';
import { formPages, locales, own, type PageName, stepPages } from './view';

const withForm = new Set<PageName>([...formPages, ...stepPages]);

// Buttons of the page's form: without JavaScript it is the only thing that can carry a choice to a server.
function Languages() {
  const { view, t } = usePage();
  return (
    <div className="languages" role="group" aria-label={t('language')}>
      {locales.map((locale) => (
        <button
          key={locale}
          type="submit"
          form="form"
          formNoValidate
          name="action"
          value={`locale:${locale}`}
          lang={locale}
          aria-current={locale === view.locale ? 'true' : undefined}
        >
          {languages[locale].name}
        </button>
      ))}
    </div>
  );
}

export function Shell({ children }: { children: ReactNode }) {
  const { view, t, dialect } = usePage();
  const { name, accent, help, privacy, terms } = view.look;
  return (
    <div className="page">
      {/* The policy allows no style of the page's own: a colour is a style sheet that is named by it. */}
      {dialect.when(accent, <link rel="stylesheet" href={`/login/brand/${accent}.css`} />)}
      <header className="brand">
        {dialect.when(dialect.is(name, own), <Mark />)}
        <span>{name}</span>
      </header>
      <main className="card">{children}</main>
      <footer className="foot">
        <p className="policies">
          {dialect.when(help, <a href={help}>{t('support')}</a>)}
          {dialect.when(privacy, <a href={privacy}>{t('privacy')}</a>)}
          {dialect.when(terms, <a href={terms}>{t('terms')}</a>)}
        </p>
        {withForm.has(view.page) ? <Languages /> : null}
      </footer>
    </div>
  );
}
