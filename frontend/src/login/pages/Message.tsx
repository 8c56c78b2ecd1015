import { useEffect, useRef } from 'react';
import { type Kind, type Page, usePage } from '../page';
import { Heading } from '../parts/Heading';

const texts = ({ catalog }: Page, part: 'title' | 'body') =>
  Object.fromEntries(Object.entries(catalog.messages).map(([code, text]) => [code, text[part]]));

const titleOf = (page: Page) =>
  page.dialect.pick(page.view.alert, texts(page, 'title'), page.catalog.messages.internal.title);

/** Where a sign-in cannot go on: what happened, and the way back in. */
function Message() {
  const page = usePage();
  const { view, catalog, t, dialect } = page;
  const heading = useRef<HTMLHeadingElement>(null);
  // In the browser this page only ever takes the place of a form that had focus.
  useEffect(() => heading.current?.focus(), []);

  const again = t('tryAgain');
  const actions = {
    finished: t('continue'),
    registration_closed: t('signIn'),
    invitation_over: t('signIn'),
    unavailable: again,
    overloaded: again,
    too_many_requests: again,
    internal: again,
  };
  const client = view.client.name;
  return (
    <>
      <Heading title={titleOf(page)} focus={heading} />
      <p>{dialect.pick(view.alert, texts(page, 'body'), catalog.messages.internal.body)}</p>
      {dialect.when(view.account, <p className="note">{t('signedInAs', { account: view.account })}</p>)}
      {dialect.when(view.wait, <p className="note">{t('wait', { time: view.wait })}</p>)}
      {dialect.when(view.next, <a className="button" href={view.next}>{dialect.pick(view.alert, actions, t('startAgain'))}</a>)}
      {dialect.when(
        dialect.all(dialect.not(view.next), client, view.client.uri),
        <a className="button" href={view.client.uri}>{t('backTo', { client })}</a>,
      )}
      {dialect.when(
        dialect.all(view.reference, dialect.not(dialect.is(view.alert, 'confirmed_elsewhere'))),
        <p className="note">{t('reference', { reference: view.reference })}</p>,
      )}
    </>
  );
}

export const message: Kind = { title: titleOf, Content: Message };
