import type { Pages } from '../page';
import { Continue } from './Continue';
import { NotFound } from './NotFound';
import { SignedOut } from './SignedOut';
import { Unavailable } from './Unavailable';

/** Pages with nothing to press but a link: they load no script. */
export const plain: Pages = {
  'signed-out': { title: ({ t }) => t('signedOut'), Content: SignedOut },
  continue: { title: ({ t }) => t('continueTitle'), Content: Continue },
  unavailable: { title: ({ t }) => t('unavailable'), Content: Unavailable },
  'not-found': { title: ({ t }) => t('notFound'), Content: NotFound },
};
