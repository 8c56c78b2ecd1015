import type { ReactNode } from 'react';
import { languages } from './catalog';
import { usePage } from './page';
import { Mark } from './parts/icons';
import { formPages, locales, type PageName, stepPages } from './view';

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
  const { view } = usePage();
  return (
    <div className="page">
      <header className="brand">
        <Mark />
        <span>Authway</span>
      </header>
      <main className="card">{children}</main>
      <footer className="foot">{withForm.has(view.page) ? <Languages /> : null}</footer>
    </div>
  );
}
