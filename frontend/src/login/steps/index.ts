import type { StepCatalog } from '../catalog';
import type { Pages } from '../page';
import { message } from '../pages/Message';
import { Codes } from './Codes';
import { confirm } from './Confirm';
import { Enrol } from './Enrol';
import { Factor } from './Factor';
import { RecoverCode, Verify } from './MailCode';
import { invited } from './Invited';
import { NewPassword } from './NewPassword';
import { Recover } from './Recover';
import { Restore } from './Restore';

/** What may be asked for on the way of a sign-in. */
export const steps: Pages<StepCatalog> = {
  verify: { title: ({ t }) => t('mail'), Content: Verify },
  confirm,
  recover: { title: ({ t }) => t('recover'), Content: Recover },
  'recover-code': { title: ({ t }) => t('mail'), Content: RecoverCode },
  'recover-password': { title: ({ t }) => t('newPassword'), Content: NewPassword },
  factor: { title: ({ t }) => t('factor'), Content: Factor },
  enrol: { title: ({ t }) => t('enrol'), Content: Enrol },
  codes: { title: ({ t }) => t('codes'), Content: Codes },
  restore: { title: ({ t }) => t('restore'), Content: Restore },
  invited,
  message,
};
