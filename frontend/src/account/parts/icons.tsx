import type { PageName } from '../route';

const paths: Record<PageName | 'key' | 'plus' | 'away', string> = {
  profile: 'M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8M4.5 20.5c.8-3.6 3.8-5.5 7.5-5.5s6.7 1.9 7.5 5.5',
  security: 'M12 3l7.5 2.800v5.700c0 4.6-3 7.8-7.5 9.5-4.5-1.7-7.5-4.9-7.5-9.500V5.800zM8.8 11.800l2.3 2.3 4.2-4.3',
  sessions: 'M4 5h16v10.500H4zM2.5 19h19',
  apps: 'M4 4h6.500v6.500H4zM13.5 4H20v6.500h-6.500zM4 13.500h6.500V20H4zM13.5 13.500H20V20h-6.500z',
  history: 'M4.2 8.500A8.5 8.5 0 1 1 3.5 12M4 4v4.500h4.500M12 7.500V12l3 2',
  data: 'M12 4v10.500M7.5 10.5 12 15l4.5-4.500M4.5 19.500h15',
  key: 'M8 8.500a5 5 0 1 0 0 7 5 5 0 0 0 1.3-2.300H14V16h3.500v-2.800H21v-2.400H9.300A5 5 0 0 0 8 8.500M5.5 12h.1',
  plus: 'M12 5v14M5 12h14',
  away: 'M9 6h9v9M18 6 6 18',
};

export function Icon({ name }: { name: keyof typeof paths }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  );
}
