import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { translator } from '../login/catalog';
import type { Locale } from '../login/view';
import { call, type Outcome, type Overview } from './api';
import type { Catalog } from './catalog';
import { type Site, SiteContext } from './context';
import { pages } from './pages';
import { Loaded, Waiting } from './parts/Loaded';
import { pageAt, signInPath, usePath } from './route';
import { Shell } from './Shell';
import type { Loading } from './useLoad';

interface Props {
  locale: Locale;
  catalog: Catalog;
  /** The request that left before this was loaded; null where nothing is asked. */
  first: Promise<Outcome<Overview>> | null;
}

interface Account {
  state: Loading<Overview>;
  /** Asks again, and shows what there is until the answer has come. */
  reload: () => Promise<void>;
  /** Asks again where there is nothing to show. */
  retry: () => void;
  signIn: () => void;
}

function useAccount(first: Props['first']): Account {
  const [state, setState] = useState<Loading<Overview>>({ status: 'loading' });
  const slug = state.status === 'ready' ? state.value.tenant.slug : '';

  const signIn = useCallback(() => {
    const tenant = slug || new URLSearchParams(location.search).get('tenant') || '';
    location.assign(signInPath(pageAt(location.pathname) ?? 'profile', { tenant }));
  }, [slug]);

  const take = useCallback((outcome: Outcome<Overview>) => {
    if (outcome.ok) setState({ status: 'ready', value: outcome.value });
    else if (outcome.problem.code === 'unauthenticated') signIn();
    else setState((now) => (now.status === 'ready' ? now : { status: 'failed', problem: outcome.problem }));
  }, [signIn]);

  // Once: in another tenant this is another function.
  const taken = useRef(false);
  useEffect(() => {
    void first?.then((outcome) => {
      if (taken.current) return;
      taken.current = true;
      take(outcome);
    });
  }, [first, take]);

  const reload = useCallback(async () => { take(await call<Overview>('GET', '/api/account')); }, [take]);
  const retry = () => {
    setState({ status: 'loading' });
    void reload();
  };
  return { state, reload, retry, signIn };
}

/** The title of the page in the title bar, and focus on its heading when it takes the place of another. */
function usePageTurn(title: string, path: string) {
  const heading = useRef<HTMLHeadingElement>(null);
  const before = useRef('');
  useEffect(() => {
    document.title = title;
    if (before.current && before.current !== path) heading.current?.focus({ preventScroll: true });
    before.current = path;
  }, [title, path]);
  return heading;
}

export function App({ locale, catalog, first }: Props) {
  const path = usePath();
  const shown = path ? pageAt(path) : 'profile';
  const page = shown ?? 'profile';
  const { state, reload, retry, signIn } = useAccount(first);
  const t = useMemo(() => translator(catalog, locale), [catalog, locale]);
  const overview = state.status === 'ready' ? state.value : null;
  const site = useMemo<Site>(
    () => ({ locale, catalog, t, page, overview, reload, signIn }),
    [locale, catalog, t, page, overview, reload, signIn],
  );

  let text = catalog.pages.start;
  if (path) text = shown ? catalog.pages[shown] : catalog.pages.missing;
  const heading = usePageTurn(`${text.title} · Authway`, path);
  const { Content, alone } = pages[page];
  let content = <Waiting />;
  if (path && !shown) content = <p><a href="/account/">{t('toStart')}</a></p>;
  // What a page asks for itself need not wait for what others show.
  else if (path && alone) content = <Content />;
  else if (path) content = <Loaded state={state} retry={retry}>{() => <Content />}</Loaded>;

  return (
    <SiteContext.Provider value={site}>
      <Shell current={path ? shown : null}>
        <header className="top">
          <h1 ref={heading} tabIndex={-1}>{text.title}</h1>
          <p className="lead">{text.lead}</p>
        </header>
        {content}
      </Shell>
    </SiteContext.Provider>
  );
}
