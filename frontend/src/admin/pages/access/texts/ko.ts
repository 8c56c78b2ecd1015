import type { Same } from '../../../catalog';
import type { texts as en } from './en';

export const texts: Same<typeof en> = {
  title: '역할과 관리자',
  administrators: '이 테넌트의 관리자',
  administratorsLead: '설치 전체의 관리자도 이 테넌트를 관리하지만 여기에는 없습니다.',
  roles: '애플리케이션 역할',
  rolesLead: '토큰마다 계정의 역할이 애플리케이션에 전달됩니다. 그 의미는 애플리케이션이 정합니다.',
  name: '이름',
  nameHint: '소문자, 숫자, . _ : -를 쓰고 문자로 시작합니다.',
  description: '설명',
  accounts: '계정',
  more: '{count}개 초과',
  actions: '{name} 작업',
  add: '역할 추가',
  change: '설명 바꾸기',
  changeTitle: '역할 {name}',
  remove: '제거',
  removeTitle: '역할 {name}을(를) 제거할까요?',
  removeLead: '이 역할이 있는 모든 계정에서 거둡니다. 이미 발급한 토큰에는 만료될 때까지 남습니다.',
  save: '저장',
  saved: '역할 {name}을(를) 저장했습니다.',
  removed: '역할 {name}을(를) 제거했습니다.',
  none: '아직 역할이 없습니다.',
  alerts: {
    role_invalid: '역할 이름으로 쓸 수 없습니다.',
    too_many_roles: '테넌트에 만들 수 있는 역할 수를 넘었습니다.',
  },
};
