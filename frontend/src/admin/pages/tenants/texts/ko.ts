import type { Same } from '../../../catalog';
import type { texts as en } from './en';

export const texts: Same<typeof en> = {
  title: '테넌트',
  lead: '테넌트마다 계정과 애플리케이션이 따로 있으며, 서로 로그인할 수 없습니다.',
  search: '슬러그 또는 이름',
  name: '이름',
  slug: '슬러그',
  slugHint: '소문자, 숫자, 하이픈을 씁니다. 주소에 쓰이며 나중에 바꿀 수 없습니다.',
  accounts: '계정',
  more: '{count}개 초과',
  demands: '요구 사항',
  mfa: '2단계 인증',
  invited: '초대제',
  since: '생성 시각',
  settings: '설정',
  actions: '{name} 작업',
  add: '테넌트 만들기',
  create: '만들기',
  created: '{name}을(를) 만들었습니다.',
  remove: '삭제',
  removeTitle: '{name}을(를) 삭제할까요?',
  removeLead: '계정과 애플리케이션이 없는 테넌트만 삭제할 수 있습니다. 설정과 역할도 함께 삭제됩니다.',
  removed: '{name}을(를) 삭제했습니다.',
  none: '해당하는 테넌트가 없습니다.',
  alerts: {
    slug_taken: '이미 있는 슬러그입니다.',
    slug_differs: '이 테넌트의 슬러그가 아닙니다.',
    tenant_in_use: '테넌트에 계정이나 애플리케이션이 있습니다.',
  },
};
