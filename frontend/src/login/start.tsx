import './login.css';
import { hydrateRoot } from 'react-dom/client';
import { App } from './App';
import type { Catalog } from './catalog';
import { browser } from './dialect';
import type { Pages } from './page';
import { emptyView, type Locale, type PageName, type View } from './view';
import { flow } from './wake';

/** Takes over the page that is already there. Nothing may be drawn from `location`, `navigator` or the clock: the static page could not know. */
export function start<C extends Catalog>(pages: Pages<C>, catalog: C, locale: Locale): void {
  const root = document.getElementById('root');
  if (!root) return;
  const data = document.getElementById('view')?.textContent;
  const first = data ? (JSON.parse(data) as View) : emptyView(root.dataset.page as PageName, locale);
  hydrateRoot(root, <App first={first} pages={pages} catalog={catalog} dialect={browser} flow={flow} />);
}
