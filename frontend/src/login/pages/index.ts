import type { Pages } from '../page';
import { Consent } from './Consent';
import { Login } from './Login';
import { Logout } from './Logout';
import { message } from './Message';
import { Register } from './Register';

/** The pages that every sign-in may pass. The rest are steps, or never change in the browser and load no script. */
export const pages: Pages = {
  login: { title: ({ t }) => t('signIn'), Content: Login },
  register: { title: ({ t }) => t('register'), Content: Register },
  consent: { title: ({ view, t }) => t('consent', { client: view.client.name }), Content: Consent },
  logout: { title: ({ t }) => t('logout'), Content: Logout },
  message,
};
