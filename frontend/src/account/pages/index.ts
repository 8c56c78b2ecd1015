import type { ComponentType } from 'react';
import type { PageName } from '../route';
import { Apps } from './Apps';
import { Data } from './Data';
import { History } from './History';
import { Profile } from './Profile';
import { Security } from './security';
import { Sessions } from './Sessions';

interface Kind {
  Content: ComponentType;
  /** Whether it draws nothing from the overview. */
  alone?: boolean;
}

export const pages: Readonly<Record<PageName, Kind>> = {
  profile: { Content: Profile },
  security: { Content: Security },
  sessions: { Content: Sessions, alone: true },
  apps: { Content: Apps, alone: true },
  history: { Content: History, alone: true },
  data: { Content: Data },
};
