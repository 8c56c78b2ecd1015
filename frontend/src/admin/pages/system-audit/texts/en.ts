export const texts = {
  verify: 'Verify hashes',
  verifyNow: 'Verify',
  verifyLead: 'Each event carries a hash over all of it. A row that was changed in the database is found; one that was removed is not.',
  verifyRange: 'Days, 31 at most',
  verifiedSome: 'Looked at {rows} events so far…',
  verifiedAll: 'Looked at {rows} events.',
  verifiedGood: 'All of them are as they were written.',
  verifiedBad: 'These are not as they were written: {count}',
} as const;
