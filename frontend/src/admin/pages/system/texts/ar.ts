import type { Same } from '../../../catalog';
import type { texts as en } from './en';

export const texts: Same<typeof en> = {
  title: 'التثبيت',
  lead: 'جميع المستأجرين معًا، والخوادم التي يقومون عليها.',
  parts: 'ما يقوم عليه',
  partsLead: 'تُسأل كل بضع ثوانٍ ما دمت تنظر؛ أما خادم البريد فتسأله الصيانة كل بضع دقائق.',
  names: { postgres: 'PostgreSQL', hydra: 'Ory Hydra', redis: 'Redis', mail: 'البريد' },
  states: { up: 'يستجيب', down: 'لا يستجيب', late: 'متأخر', unknown: 'غير معروف' },
  askedAt: 'سُئل في',
  waitsSince: 'أقدم رسالة مستحقة منذ',
  outbox: 'في انتظار الإرسال',
  dead: 'تُرك إرسالها',
};
