import { useEffect, useMemo, useState } from 'react';
import { type Answer, type Problem, problem } from './answer';
import { type Catalog, translator } from './catalog';
import type { Dialect } from './dialect';
import { PageContext, type Pages, titleOf } from './page';
import { Shell } from './Shell';
import type { Client, Look, View } from './view';

// Nothing can be typed that would help against these: the form gives way to the message and its link.
// The Go package `pages` does the same to a form it draws, but for what is told beside other ways in.
const final = new Set([
  'expired', 'unknown_challenge', 'finished', 'used', 'denied', 'not_found', 'confirmed_elsewhere', 'link_elsewhere', 'registration_closed',
]);

function withProblem(view: View, { code, ...rest }: Problem): View {
  const page = final.has(code) || rest.next ? 'message' : view.page;
  return { ...view, ...rest, page, alert: code };
}

// An application without a logo shows the tenant's. The Go package `pages` does the same.
const ofTenant = (client: Client, { logo }: Look): Client => ({ ...client, logo: client.logo || logo });

// An answer that says yes and not where to.
const noWay = problem('internal');

interface Props<C extends Catalog> {
  first: View;
  pages: Pages<C>;
  catalog: C;
  dialect: Dialect;
  flow: Promise<Answer> | null;
}

export function App<C extends Catalog>({ first, pages, catalog, dialect, flow }: Props<C>) {
  const [view, setView] = useState(first);
  const [problems, setProblems] = useState(0);
  const page = useMemo(
    () => ({ view, catalog, t: translator(catalog, view.locale), dialect, problems }),
    [view, catalog, dialect, problems],
  );

  useEffect(() => {
    void flow?.then((answer) => {
      if (!answer.ok) {
        // A function that does not answer yet is no reason to take the form away: it answers the post.
        if (final.has(answer.problem.code)) setView((now) => withProblem(now, answer.problem));
        return;
      }
      const { redirectTo, email, client, ...rest } = answer.flow;
      if (redirectTo) location.replace(redirectTo);
      else setView((now) => ({ ...now, ...rest, email: now.email || email, client: ofTenant(client ?? now.client, rest.look) }));
    });
  }, [flow]);

  useEffect(() => {
    document.title = titleOf(page, pages);
  }, [page, pages]);

  const decide = (answer: Answer): string => {
    const next = answer.ok ? answer.flow.redirectTo : '';
    if (next) return next;
    const { problem } = answer.ok ? noWay : answer;
    setView((now) => withProblem(now, problem));
    setProblems((count) => count + 1);
    return '';
  };

  const Content = pages[view.page]?.Content;

  return (
    <PageContext.Provider value={page}>
      <Shell>{Content ? <Content decide={decide} /> : null}</Shell>
    </PageContext.Provider>
  );
}
