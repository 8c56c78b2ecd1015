import { Panel } from '../../parts/Panel';
import { PageHead } from '../../parts/PageHead';
import { Badge, Time, type Tone } from '../../parts/small';
import { Loaded } from '../../parts/states';
import type { Overview } from '../overview/data';
import { useOverview } from '../overview/data';
import { Hour, useCount } from '../overview/Hour';
import { Live } from '../overview/Live';
import { useText } from './texts';

const tones: Readonly<Record<string, Tone>> = { up: 'good', down: 'bad', late: 'warn', unknown: 'plain' };

function Parts({ parts }: { parts: NonNullable<Overview['parts']> }) {
  const { t, texts } = useText();
  return (
    <Panel title={t('parts')} lead={t('partsLead')}>
      <dl className="facts">
        {parts.map(({ name, state, since }) => (
          <div key={name}>
            <dt>{texts.names[name]}</dt>
            <dd>
              <Badge tone={tones[state]}>{texts.states[state]}</Badge>
              {since ? <> <span className="hint">{state === 'late' ? t('waitsSince') : t('askedAt')} <Time at={since} /></span></> : null}
            </dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

/** How the installation's last hour was, and what it stands on. */
export function Page() {
  const { t } = useText();
  const count = useCount();
  const { query, stream } = useOverview('');
  return (
    <>
      <PageHead title={t('title')} lead={t('lead')} actions={<Live {...stream} />} />
      <Loaded query={query}>
        {(overview) => (
          <>
            <Hour
              overview={overview}
              more={overview.outbox ? [{ label: t('outbox'), value: count(overview.outbox.waiting) }, { label: t('dead'), value: count(overview.outbox.dead) }] : []}
            />
            {overview.parts ? <Parts parts={overview.parts} /> : null}
          </>
        )}
      </Loaded>
    </>
  );
}
