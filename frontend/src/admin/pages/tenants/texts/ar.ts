import type { Same } from '../../../catalog';
import type { texts as en } from './en';

export const texts: Same<typeof en> = {
  title: 'المستأجرون',
  lead: 'لكلٍّ حساباته وتطبيقاته، ولا يُسجَّل الدخول من أحدها إلى آخر.',
  search: 'المعرّف النصي أو الاسم',
  name: 'الاسم',
  slug: 'المعرّف النصي',
  slugHint: 'حروف صغيرة وأرقام وواصلات. يظهر في العناوين ولا يمكن تغييره.',
  accounts: 'الحسابات',
  more: 'أكثر من {count}',
  demands: 'المتطلبات',
  mfa: 'العامل الثاني',
  invited: 'بالدعوة',
  since: 'منذ',
  settings: 'الإعدادات',
  actions: 'إجراءات {name}',
  add: 'إنشاء مستأجر',
  create: 'إنشاء',
  created: 'أُنشئ {name}.',
  remove: 'حذف',
  removeTitle: 'هل تريد حذف {name}؟',
  removeLead: 'لا يُحذف إلا مستأجر بلا حسابات وتطبيقات، وتُحذف معه إعداداته وأدواره.',
  removed: 'حُذف {name}.',
  none: 'لا يوجد مستأجر كهذا.',
  alerts: {
    slug_taken: 'هذا المعرّف النصي مستخدم.',
    slug_differs: 'ليس هذا المعرّف النصي للمستأجر.',
    tenant_in_use: 'لدى المستأجر حسابات أو تطبيقات.',
  },
};
