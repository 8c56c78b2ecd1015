import type { Same } from '../../../catalog';
import type { texts as en } from './en';

export const texts: Same<typeof en> = {
  title: '사용자 내보내기',
  lead: '이 테넌트의 계정을 비밀 정보 없이 파일로 저장합니다.',
  users: '사용자',
  what: '내보낼 대상',
  all: '모든 계정',
  filtered: '목록 필터에 맞는 계정',
  format: '형식',
  csv: 'CSV(스프레드시트용)',
  jsonl: 'JSON Lines(프로그램용)',
  hashes: '비밀번호 해시 포함',
  hashesHint: '다른 시스템으로 옮길 때만 사용하세요. 파일을 가진 사람은 시간을 들여 비밀번호를 추측할 수 있습니다.',
  start: '내보내기',
  stop: '중지',
  count: '지금까지의 계정 수: {count}',
  progress: '진행률',
  done: '파일에 계정 {count}개가 들어 있습니다.',
  save: '파일 저장',
};
