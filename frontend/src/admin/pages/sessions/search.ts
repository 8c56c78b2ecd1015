import { filters, text } from '../../search';

export const sessionsSearch = filters({ user: text, ip: text, cursor: text });
