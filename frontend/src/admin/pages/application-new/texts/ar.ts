import type { Same } from '../../../catalog';
import type { texts as en } from './en';

export const texts: Same<typeof en> = {
  title: 'تطبيق جديد',
  up: 'التطبيقات',
  step: 'الخطوة {step} من {of}',
  first: 'ما هو؟',
  firstLead: 'يحدد النوع كيف يثبت التطبيق نفسه.',
  kind: 'النوع',
  kindHints: {
    web: 'يعمل على خادم يحتفظ بسر.',
    spa: 'يعمل في المتصفح بلا سر.',
    native: 'يُثبَّت على هاتف أو حاسوب بلا سر.',
    machine: 'لا يسجل دخول أحد، ويتصرف باسمه.',
  },
  nameHint: 'يراه الناس عند تسجيل الدخول.',
  id: 'معرّف عميل من اختيارك',
  idHint: 'من دونه يُنشأ لك معرّف.',
  next: 'التالي',
  back: 'السابق',
  create: 'إنشاء',
  scopes: 'ما يجوز له طلبه',
  done: 'تم تسجيل {name}',
  doneLead: 'خذ معك ما يحتاجه التطبيق.',
  open: 'افتح التطبيق',
};
