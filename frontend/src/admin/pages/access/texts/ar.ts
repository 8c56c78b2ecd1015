import type { Same } from '../../../catalog';
import type { texts as en } from './en';

export const texts: Same<typeof en> = {
  title: 'الأدوار والمسؤولون',
  administrators: 'مسؤولو هذا المستأجر',
  administratorsLead: 'من يدير النظام كله يصل إلى هذا المستأجر أيضًا ولا يُذكر هنا.',
  roles: 'أدوار التطبيقات',
  rolesLead: 'يُخبَر التطبيق في كل رمز بأدوار الحساب، ومعناها يحدّده التطبيق.',
  name: 'الاسم',
  nameHint: 'حروف صغيرة وأرقام و‎. _ : -‎ ويبدأ بحرف.',
  description: 'الوصف',
  accounts: 'الحسابات',
  more: 'أكثر من {count}',
  actions: 'إجراءات {name}',
  add: 'إضافة دور',
  change: 'تغيير الوصف',
  changeTitle: 'الدور {name}',
  remove: 'إزالة',
  removeTitle: 'هل تريد إزالة الدور {name}؟',
  removeLead: 'يُسحب من كل حساب لديه هذا الدور. يبقى في الرموز الصادرة حتى انتهائها.',
  save: 'حفظ',
  saved: 'حُفظ الدور {name}.',
  removed: 'أُزيل الدور {name}.',
  none: 'لا توجد أدوار بعد.',
  alerts: {
    role_invalid: 'لا يصلح هذا اسمًا لدور.',
    too_many_roles: 'لدى المستأجر أقصى عدد من الأدوار.',
  },
};
