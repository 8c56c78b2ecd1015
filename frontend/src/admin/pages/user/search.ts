import { filters, oneOf, text } from '../../search';

export const tabs = ['profile', 'ways', 'sessions', 'applications', 'history', 'danger'] as const;
export type TabID = (typeof tabs)[number];

export const userSearch = filters({ tab: oneOf(...tabs), cursor: text });
