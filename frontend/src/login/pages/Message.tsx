import { useEffect, useRef } from 'react';
import { usePage } from '../page';
import { Heading } from '../parts/Heading';

/** Where a sign-in cannot go on: what happened, and the way back in. */
export function Message() {
  const { view, catalog, t, dialect } = usePage();
  const { messages } = catalog;
  const heading = useRef<HTMLHeadingElement>(null);
  // In the browser this page only ever takes the place of a form that had focus.
  useEffect(() => heading.current?.focus(), []);

  const texts = (part: 'title' | 'body') =>
    Object.fromEntries(Object.entries(messages).map(([code, text]) => [code, text[part]]));
  const again = t('tryAgain');
  const actions = {
    finished: t('continue'),
    unavailable: again,
    overloaded: again,
    too_many_requests: again,
    internal: again,
  };
  const client = view.client.name;
  return (
    <>
      <Heading title={dialect.pick(view.alert, texts('title'), messages.internal.title)} focus={heading} />
      <p>{dialect.pick(view.alert, texts('body'), messages.internal.body)}</p>
      {dialect.when(view.account, <p className="note">{t('signedInAs', { account: view.account })}</p>)}
      {dialect.when(view.retryAfter, <p className="note">{t('wait', { seconds: view.retryAfter })}</p>)}
      {dialect.when(view.next, <a className="button" href={view.next}>{dialect.pick(view.alert, actions, t('startAgain'))}</a>)}
      {dialect.when(
        dialect.all(dialect.not(view.next), client, view.client.uri),
        <a className="button" href={view.client.uri}>{t('backTo', { client })}</a>,
      )}
      {dialect.when(view.reference, <p className="note">{t('reference', { reference: view.reference })}</p>)}
    </>
  );
}
