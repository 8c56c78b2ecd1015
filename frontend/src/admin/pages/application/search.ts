import { filters, oneOf } from '../../search';

export const tabs = ['settings', 'secret', 'connect', 'danger'] as const;
export type TabID = (typeof tabs)[number];

export const applicationSearch = filters({ tab: oneOf(...tabs) });
