import { filters, oneOf, text } from '../../search';

export const kinds = ['web', 'spa', 'native', 'machine'] as const;

export const applicationsSearch = filters({ q: text, kind: oneOf(...kinds), unused: oneOf('true'), cursor: text });
