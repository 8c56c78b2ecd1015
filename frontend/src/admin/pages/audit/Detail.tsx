import { useQuery } from '@tanstack/react-query';
import { api, ask } from '../../api';
import { Diff } from '../../parts/Diff';
import { DialogBox } from '../../parts/Dialog';
import { DefinitionList } from '../../parts/Panel';
import { Code, Time } from '../../parts/small';
import { Loaded } from '../../parts/states';
import { Button } from '../../parts/Button';
import type { Event } from './data';
import { useText } from './texts';

const code = (text: string) => (text ? <Code>{text}</Code> : '');

/** All of one event, with what was different before. */
export function Detail({ tenant, event: { id, at, action }, onClose }: { tenant: string; event: Event; onClose: () => void }) {
  const { t, texts } = useText();
  const query = useQuery({
    queryKey: [...(tenant ? ['t', tenant] : ['system']), 'audit', 'one', id],
    queryFn: ({ signal }) => {
      const params = { path: { id }, query: { at } };
      return tenant
        ? ask(api.GET('/tenants/{tenant}/audit/{id}', { params: { ...params, path: { tenant, id } }, signal }))
        : ask(api.GET('/audit/{id}', { params, signal }));
    },
    staleTime: Infinity,
  });
  return (
    <DialogBox title={action} wide onClose={onClose}>
      <Loaded query={query}>
        {(event) => (
          <>
            <DefinitionList
              items={[
                { label: t('at'), value: <Time at={event.at} /> },
                { label: t('outcome'), value: texts.outcomes[event.outcome] },
                { label: t('actor'), value: <>{texts.kinds[event.actorKind]} {code(event.actorId)}</> },
                { label: t('subject'), value: code(event.subjectId) },
                { label: t('client'), value: code(event.clientId) },
                { label: t('ip'), value: code(event.ip) },
                { label: t('request'), value: code(event.requestId) },
                { label: t('event'), value: code(event.id) },
                { label: t('why'), value: event.reason },
              ]}
            />
            {event.before || event.after ? <Diff before={event.before ?? {}} after={event.after ?? {}} /> : null}
            {Object.keys(event.detail).length ? <pre className="json" dir="ltr" tabIndex={0} aria-label={t('detail')}>{JSON.stringify(event.detail, null, 2)}</pre> : null}
          </>
        )}
      </Loaded>
      <div className="actions end"><Button onClick={onClose}>{t('close')}</Button></div>
    </DialogBox>
  );
}
