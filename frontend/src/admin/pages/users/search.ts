import { day, filters, oneOf, text } from '../../search';

export const usersSearch = filters({
  q: text,
  state: oneOf('active', 'blocked', 'leaving', 'invited', 'unverified'),
  role: text,
  administers: oneOf('true'),
  from: day,
  to: day,
  cursor: text,
});

export type UsersSearch = ReturnType<typeof usersSearch>;

/** The moment a day begins where the person is. */
const begin = (of: string, days = 0) => {
  const at = new Date(`${of}T00:00:00`);
  at.setDate(at.getDate() + days);
  return at.toISOString();
};

/** The filters as the API has them. A day is the person's, and the last one counts whole. */
export const asked = ({ q, state, role, from, to }: UsersSearch) => ({
  search: q,
  state,
  role,
  createdFrom: from && begin(from),
  createdTo: to && begin(to, 1),
});
