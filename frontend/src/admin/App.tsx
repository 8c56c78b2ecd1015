import { type QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useMemo } from 'react';
import { I18nProvider } from 'react-aria-components/I18nProvider';
import type { Locale } from '../login/view';
import { type Catalog, translator } from './catalog';
import { Layout } from './Layout';
import type { en } from './locales/en';
import type { newRouter } from './routes';
import { SiteContext } from './site';
import { Waiting } from './Waiting';

interface Props {
  locale: Locale;
  catalog: Catalog;
}

export function InSite({ locale, catalog, children }: Props & { children: ReactNode }) {
  const site = useMemo(() => ({ locale, catalog, t: translator<(typeof en)['text']>(catalog.text, locale) }), [locale, catalog]);
  // The parts have texts of the library's besides, which are in the language of the page and not of the browser.
  return <SiteContext.Provider value={site}><I18nProvider locale={locale}>{children}</I18nProvider></SiteContext.Provider>;
}

export function App({ client, router, ...site }: Props & { client: QueryClient; router: ReturnType<typeof newRouter> }) {
  return (
    <InSite {...site}>
      <QueryClientProvider client={client}><RouterProvider router={router} /></QueryClientProvider>
    </InSite>
  );
}

/** What the static file shows until the script has come: the frame of every page. */
export const Still = (site: Props) => <InSite {...site}><Layout side={null}><Waiting /></Layout></InSite>;
