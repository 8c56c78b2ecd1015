import { useNavigate, useRouter, useRouterState, useSearch } from '@tanstack/react-router';
import { Icon } from '../icons';
import { useSite } from '../site';
import { Button } from './Button';

interface Trail {
  pagesBack?: number;
}

/** To the next page of a list, and back. The cursor is in the address as `cursor`; it leads one way, so back is the browser's. */
export function Pager({ next }: { next: string }) {
  const { t } = useSite();
  const navigate = useNavigate();
  const router = useRouter();
  const cursor = useSearch({ strict: false, select: (search: { cursor?: string }) => search.cursor ?? '' });
  const back = useRouterState({ select: ({ location }) => (location.state as Trail).pagesBack ?? 0 });
  if (!next && !cursor) return null;
  const go = (to: string | undefined, pagesBack: number) => {
    void navigate({ to: '.', search: ((before: object) => ({ ...before, cursor: to })) as never, state: { pagesBack } as never });
  };
  return (
    <nav className="pager" aria-label={t('pagesOfList')}>
      {cursor ? (
        <Button onClick={() => { if (back) router.history.back(); else go(undefined, 0); }}>
          <Icon name="previous" />{back ? t('previous') : t('firstPage')}
        </Button>
      ) : null}
      {next ? <Button onClick={() => { go(next, back + 1); }}>{t('next')}<Icon name="next" /></Button> : null}
    </nav>
  );
}
