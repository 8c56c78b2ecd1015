import './login.css';
import { hydrateRoot } from 'react-dom/client';
import { App, type Pages } from './App';
import type { Catalog } from './catalog';
import { browser } from './dialect';
import { Consent } from './pages/Consent';
import { Login } from './pages/Login';
import { Logout } from './pages/Logout';
import { Message } from './pages/Message';
import { Register } from './pages/Register';
import { emptyView, type Locale, type PageName, type View } from './view';
import { flow } from './wake';

// The rest never changes in the browser and loads no script.
const pages: Pages = { login: Login, register: Register, consent: Consent, logout: Logout, message: Message };

/** Takes over the page that is already there. Nothing may be drawn from `location`, `navigator` or the clock: the static page could not know. */
export function start(catalog: Catalog, locale: Locale): void {
  const root = document.getElementById('root');
  if (!root) return;
  const data = document.getElementById('view')?.textContent;
  const first = data ? (JSON.parse(data) as View) : emptyView(root.dataset.page as PageName, locale);
  hydrateRoot(root, <App first={first} pages={pages} catalog={catalog} dialect={browser} flow={flow} />);
}
