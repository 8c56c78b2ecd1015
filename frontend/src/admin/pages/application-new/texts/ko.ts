import type { Same } from '../../../catalog';
import type { texts as en } from './en';

export const texts: Same<typeof en> = {
  title: '새 애플리케이션',
  up: '애플리케이션',
  step: '{of}단계 중 {step}단계',
  first: '어떤 애플리케이션인가요?',
  firstLead: '유형에 따라 애플리케이션을 증명하는 방법이 정해집니다.',
  kind: '유형',
  kindHints: {
    web: '시크릿을 보관하는 서버에서 실행됩니다.',
    spa: '시크릿 없이 브라우저에서 실행됩니다.',
    native: '시크릿 없이 휴대전화나 컴퓨터에 설치됩니다.',
    machine: '사용자를 로그인시키지 않고 스스로 동작합니다.',
  },
  nameHint: '로그인할 때 사용자에게 보입니다.',
  id: '직접 정한 클라이언트 ID',
  idHint: '비워 두면 자동으로 만들어집니다.',
  next: '다음',
  back: '이전',
  create: '만들기',
  scopes: '요청할 수 있는 범위',
  done: '{name} 애플리케이션을 등록했습니다',
  doneLead: '애플리케이션에 필요한 값을 복사하세요.',
  open: '애플리케이션 열기',
};
