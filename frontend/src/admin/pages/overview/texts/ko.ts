import type { Same } from '../../../catalog';
import type { texts as en } from './en';

export const texts: Same<typeof en> = {
  title: '개요',
  lead: '지난 한 시간을 분 단위로 보여 줍니다.',
  connecting: '연결하는 중…',
  moreThan: '{count} 초과',
  ms: '{count}ms',
  signIns: '로그인',
  failures: '실패한 로그인',
  p50: '응답 시간 중앙값',
  p95: '응답 시간 95번째 백분위수',
  tokens: '발급된 토큰',
  sessions: '살아 있는 세션',
  signInsTitle: '로그인',
  perMinute: '지난 한 시간의 분당 횟수',
  waitTitle: '로그인 응답 시간',
  waitCaption: '로그인이 기록되기까지 걸린 밀리초. 로그인이 없던 때는 비어 있습니다',
  tokensTitle: '발급된 토큰',
  tokensCaption: '분당 개수. 셀 수 없던 때는 비어 있습니다',
  reasonsTitle: '로그인이 실패한 이유',
  reason: '이유',
  noFailures: '지난 한 시간 동안 실패한 로그인이 없습니다.',
  reasons: {
    wrong_credentials: '잘못된 주소 또는 비밀번호',
    account_disabled: '사용 중지된 계정',
    too_many_guesses: '너무 많은 시도',
    password_breached: '유출된 적이 있는 비밀번호',
    password_revoked: '더 이상 쓸 수 없는 비밀번호',
  },
};
