import { day, filters, oneOf, text } from '../../search';

/** What the address of an audit log keeps. */
export const auditSearch = filters({
  action: text, actor: text, subject: text, client: text, ip: text, requestId: text,
  outcome: oneOf('success', 'failure'), from: day, to: day, live: oneOf('on'), cursor: text,
});

export type AuditSearch = ReturnType<typeof auditSearch>;
