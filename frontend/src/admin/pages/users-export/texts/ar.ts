import type { Same } from '../../../catalog';
import type { texts as en } from './en';

export const texts: Same<typeof en> = {
  title: 'تصدير المستخدمين',
  lead: 'يكتب حسابات هذا المستأجر في ملف بلا أسرار.',
  users: 'المستخدمون',
  what: 'ما يُصدَّر',
  all: 'كل الحسابات',
  filtered: 'الحسابات المطابقة لمرشحات القائمة',
  format: 'الصيغة',
  csv: 'CSV لجداول البيانات',
  jsonl: 'JSON Lines للبرامج',
  hashes: 'مع قيم تجزئة كلمات المرور',
  hashesHint: 'للانتقال إلى نظام آخر فقط. من يملك الملف يستطيع تخمين كلمات المرور على مهل.',
  start: 'تصدير',
  stop: 'إيقاف',
  count: 'الحسابات حتى الآن: {count}',
  progress: 'ما أُنجز',
  done: 'عدد الحسابات في الملف: {count}.',
  save: 'حفظ الملف',
};
