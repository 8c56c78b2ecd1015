import type { Schemas } from '../../api';
import { DefinitionList } from '../../parts/Panel';
import { Badge, Code, Time, type Tone } from '../../parts/small';
import { useText } from './texts';

export const tones: Readonly<Record<string, Tone>> = {
  waiting: 'warn', running: 'warn', unfinished: 'warn', succeeded: 'good', failed: 'bad', nothing_due: 'plain',
};

/** What somebody has asked of maintenance, and what came of it. */
export function Asked({ request: { requestedAt, requestedBy, reason, outcome, finishedAt, summary } }: { request: Schemas['JobRequest'] }) {
  const { t, texts } = useText();
  return (
    <DefinitionList
      items={[
        { label: t('outcome'), value: <Badge tone={tones[outcome]}>{texts.outcomes[outcome]}</Badge> },
        { label: t('requestedAt'), value: <Time at={requestedAt} /> },
        { label: t('requestedBy'), value: <Code>{requestedBy}</Code> },
        { label: t('why'), value: reason },
        { label: t('finishedAt'), value: <Time at={finishedAt} /> },
        { label: t('summary'), value: summary },
      ]}
    />
  );
}
