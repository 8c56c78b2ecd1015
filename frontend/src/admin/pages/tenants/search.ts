import { filters, text } from '../../search';

export const tenantsSearch = filters({ q: text, cursor: text });
