import './admin.css';
import { createRoot } from 'react-dom/client';
import type { Locale } from '../login/view';
import { App } from './App';
import type { Catalog } from './catalog';
import { newClient } from './client';
import { me } from './first';
import { takePlace } from './kept';
import { expect } from './me';
import { speak } from './page';
import { newRouter } from './routes';

/** Goes back to the page that a sign-in interrupted; the sign-in leads to /admin/ alone. */
function goBack() {
  if (!/^\/admin\/?$/.test(location.pathname)) return;
  const place = takePlace();
  if (place) history.replaceState(null, '', place);
}

/** Takes the place of what the static file shows, which looks the same. */
export function start(catalog: Catalog, locale: Locale): void {
  const root = document.getElementById('root');
  if (!root) return;
  goBack();
  speak(locale);
  expect(me);
  const router = newRouter();
  const draw = () => { createRoot(root).render(<App locale={locale} catalog={catalog} client={newClient()} router={router} />); };
  // The page is fetched first: the static frame stands meanwhile.
  router.load().then(draw, draw);
}
