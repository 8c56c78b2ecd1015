import type { Schemas } from '../../api';
import { Badge, type Tone } from '../../parts/small';
import { useText } from './texts';

const tones: Readonly<Record<Schemas['PersonState'], Tone>> = { active: 'good', blocked: 'bad', leaving: 'warn', invited: 'plain', unverified: 'warn' };

export function StateBadge({ state }: { state: Schemas['PersonState'] }) {
  const { texts } = useText();
  return <Badge tone={tones[state]}>{texts.states[state]}</Badge>;
}
