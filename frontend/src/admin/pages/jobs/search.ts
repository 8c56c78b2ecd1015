import { filters, oneOf, text } from '../../search';

/** Which tab, and whose runs. */
export const jobsSearch = filters({ tab: oneOf('jobs', 'backups', 'letters'), job: text, cursor: text });
