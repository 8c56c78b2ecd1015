import { useEffect, useRef, useState } from 'react';
import { safeLink } from '../../login/answer';
import { Check, Warning } from '../../login/parts/icons';
import { call, type HistoryEvent, type HistoryPage } from '../api';
import { textOf } from '../catalog';
import { useSite } from '../context';
import { Button } from '../parts/Button';
import { Dialog } from '../parts/Dialog';
import { Loaded } from '../parts/Loaded';
import { Panel } from '../parts/Panel';
import { Row, Rows } from '../parts/Rows';
import { Trouble } from '../parts/Trouble';
import { useTime } from '../time';
import { useAction } from '../useAction';
import { useLoad } from '../useLoad';
import { useMethods } from '../useMethods';

const root = '/api/account/history';

function NotMe({ event, what, onClose }: { event: HistoryEvent; what: string; onClose: () => void }) {
  const { t } = useSite();
  const { moment } = useTime();
  const action = useAction();
  const send = () => {
    action.run(() => call<{ redirectTo: string }>('POST', `${root}/not-me`, { event: event.id }), ({ redirectTo }) => {
      location.assign(safeLink(redirectTo) || '/account/');
      // Busy to the end: there is no session any more to ask again with.
      return new Promise(() => undefined);
    });
  };
  return (
    <Dialog title={t('notMeAsk')} label={t('notMeDo')} danger action={action} onSend={send} onClose={onClose}>
      <p className="asked"><strong>{what}</strong><span>{moment(event.at)}</span></p>
      <p>{t('notMeBody')}</p>
      <ul className="points">
        <li>{t('notMeSessions')}</li>
        <li>{t('notMeApps')}</li>
        <li>{t('notMeSince')}</li>
        <li>{t('notMePassword')}</li>
      </ul>
    </Dialog>
  );
}

/** The account's own pages are an application as well, which nobody knows by its name. */
const own = 'authway-account';

/** The events of which somebody else than the person would be bad news, and which did happen. */
const mayDisown = ({ action, outcome, current }: HistoryEvent) =>
  !current && outcome === 'success' && !/^(user\.registered|session\.ended|proof\.sent|login\.disowned)$/.test(action);

function List({ first }: { first: HistoryPage }) {
  const { catalog, t } = useSite();
  const { moment } = useTime();
  const methodsOf = useMethods();
  const action = useAction();
  const box = useRef<HTMLDivElement>(null);
  const [pages, setPages] = useState([first]);
  const [disowned, setDisowned] = useState<HistoryEvent | null>(null);
  const events = pages.flatMap((page) => page.events);
  const next = pages.at(-1)?.next;
  const before = events.length - (pages.at(-1)?.events.length ?? 0);

  // What came is read from its beginning.
  useEffect(() => {
    if (before) box.current?.querySelectorAll<HTMLElement>('[data-row]')[before]?.focus();
  }, [before]);

  const older = () => {
    action.run(() => call<HistoryPage>('GET', `${root}?before=${encodeURIComponent(next ?? '')}`), (page) => {
      setPages((all) => [...all, page]);
    });
  };
  const whatOf = (event: HistoryEvent) => textOf(catalog.events, event.action) || catalog.events.other;
  return (
    <Panel title={t('historyList')}>
      <Rows box={box} empty={t('historyNone')}>
        {events.map((event) => {
          const failed = event.outcome !== 'success';
          const methods = methodsOf(event.methods);
          return (
            <Row
              key={event.id}
              id={event.id}
              sign={failed ? <Warning /> : <Check />}
              title={<>{whatOf(event)}{event.current ? <span className="badge">{t('thisSession')}</span> : null}</>}
              actions={mayDisown(event) ? (
                <Button
                  aria-label={t('notMeThis', { what: whatOf(event), date: moment(event.at) })}
                  onClick={() => { setDisowned(event); }}
                >
                  {t('notMe')}
                </Button>
              ) : undefined}
            >
              <p><time dateTime={event.at}>{moment(event.at)}</time></p>
              <p className="facts">
                {event.client && !event.client.startsWith(own) ? <span>{t('inApp', { name: event.client })}</span> : null}
                {event.ip ? <span><bdi dir="ltr">{event.ip}</bdi></span> : null}
                {methods ? <span>{methods}</span> : null}
              </p>
            </Row>
          );
        })}
      </Rows>
      <Trouble problem={action.problem} />
      {next ? <div className="actions"><Button busy={action.busy} onClick={older}>{t('older')}</Button></div> : null}
      {disowned ? <NotMe event={disowned} what={whatOf(disowned)} onClose={() => { setDisowned(null); }} /> : null}
    </Panel>
  );
}

export function History() {
  const { state, retry } = useLoad<HistoryPage>(root);
  return <Loaded state={state} retry={retry}>{(first) => <List first={first} />}</Loaded>;
}
