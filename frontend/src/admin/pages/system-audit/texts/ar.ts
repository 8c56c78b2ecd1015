import type { Same } from '../../../catalog';
import type { texts as en } from './en';

export const texts: Same<typeof en> = {
  verify: 'التحقق من البصمات',
  verifyNow: 'تحقّق',
  verifyLead: 'يحمل كل حدث بصمة تشمله كله. يُكتشف السطر الذي غُيّر في قاعدة البيانات، أما المحذوف فلا يُكتشف.',
  verifyRange: 'الأيام، 31 على الأكثر',
  verifiedSome: 'فُحص {rows} من الأحداث حتى الآن…',
  verifiedAll: 'فُحص {rows} من الأحداث.',
  verifiedGood: 'كلها كما كُتبت.',
  verifiedBad: 'ما ليس كما كُتب: {count}',
};
