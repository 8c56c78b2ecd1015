export const texts = {
  title: 'Installation',
  lead: 'All tenants together, and the servers below them.',
  parts: 'What it stands on',
  partsLead: 'Asked every few seconds while you look; the mail server by maintenance, every few minutes.',
  names: { postgres: 'PostgreSQL', hydra: 'Ory Hydra', redis: 'Redis', mail: 'Mail' },
  states: { up: 'Answers', down: 'Does not answer', late: 'Late', unknown: 'Not known' },
  askedAt: 'asked at',
  waitsSince: 'the oldest mail is due since',
  outbox: 'Waiting in the outbox',
  dead: 'Given up on in the outbox',
} as const;
