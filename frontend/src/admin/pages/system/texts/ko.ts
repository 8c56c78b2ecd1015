import type { Same } from '../../../catalog';
import type { texts as en } from './en';

export const texts: Same<typeof en> = {
  title: '설치 환경',
  lead: '모든 테넌트와 그 아래에 있는 서버입니다.',
  parts: '기반 서버',
  partsLead: '보고 있는 동안 몇 초마다 확인합니다. 메일 서버는 유지 관리 작업이 몇 분마다 확인합니다.',
  names: { postgres: 'PostgreSQL', hydra: 'Ory Hydra', redis: 'Redis', mail: '메일' },
  states: { up: '응답함', down: '응답 없음', late: '지연됨', unknown: '알 수 없음' },
  askedAt: '확인한 때:',
  waitsSince: '가장 오래된 메일이 기다리기 시작한 때:',
  outbox: '보낼 편지함에서 대기 중',
  dead: '보낼 편지함에서 포기함',
};
