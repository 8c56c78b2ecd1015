import type { Same } from '../../../catalog';
import type { texts as en } from './en';

export const texts: Same<typeof en> = {
  verify: '해시 확인',
  verifyNow: '확인',
  verifyLead: '각 이벤트에는 전체에 대한 해시가 있습니다. 데이터베이스에서 바뀐 행은 찾아내지만, 지워진 행은 찾지 못합니다.',
  verifyRange: '날짜(최대 31일)',
  verifiedSome: '지금까지 이벤트 {rows}개를 확인했습니다…',
  verifiedAll: '이벤트 {rows}개를 확인했습니다.',
  verifiedGood: '모두 기록된 그대로입니다.',
  verifiedBad: '기록된 그대로가 아닌 것: {count}',
};
