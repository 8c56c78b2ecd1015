import './account.css';
import { hydrateRoot } from 'react-dom/client';
import type { Locale } from '../login/view';
import { App } from './App';
import { noteBack } from './back';
import type { Catalog } from './catalog';
import { overview } from './first';

/** Takes over the page that is already there. What it shows first is what the static file shows, whatever the address. */
export function start(catalog: Catalog, locale: Locale): void {
  const root = document.getElementById('root');
  if (!root) return;
  noteBack();
  hydrateRoot(root, <App locale={locale} catalog={catalog} first={overview} />);
}
