import type { Same } from '../../../catalog';
import type { texts as en } from './en';

export const texts: Same<typeof en> = {
  title: 'نظرة عامة',
  lead: 'الساعة الأخيرة، دقيقة بدقيقة.',
  connecting: 'جارٍ الاتصال…',
  moreThan: 'أكثر من {count}',
  ms: '{count} م.ث',
  signIns: 'عمليات تسجيل الدخول',
  failures: 'عمليات الدخول الفاشلة',
  p50: 'زمن الاستجابة الوسيط',
  p95: 'زمن الاستجابة، المئين 95',
  tokens: 'الرموز الممنوحة',
  sessions: 'الجلسات القائمة',
  signInsTitle: 'عمليات تسجيل الدخول',
  perMinute: 'العدد في كل دقيقة من الساعة الأخيرة',
  waitTitle: 'زمن الاستجابة لتسجيل الدخول',
  waitCaption: 'عدد أجزاء الألف من الثانية حتى تدوين الدخول؛ فراغ حيث لم يسجّل أحد الدخول',
  tokensTitle: 'الرموز الممنوحة',
  tokensCaption: 'العدد في كل دقيقة؛ فراغ حيث تعذّر العدّ',
  reasonsTitle: 'أسباب فشل تسجيل الدخول',
  reason: 'السبب',
  noFailures: 'لم يفشل أي تسجيل دخول في الساعة الأخيرة.',
  reasons: {
    wrong_credentials: 'عنوان أو كلمة مرور غير صحيحة',
    account_disabled: 'حساب معطَّل',
    too_many_guesses: 'محاولات كثيرة جدًا',
    password_breached: 'كلمة مرور ظهرت في تسريب',
    password_revoked: 'كلمة مرور لم تعد تفتح شيئًا',
  },
};
