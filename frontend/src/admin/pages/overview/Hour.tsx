import { useMemo } from 'react';
import { Chart } from '../../parts/Chart';
import { Panel } from '../../parts/Panel';
import { Table } from '../../parts/Table';
import { useSite } from '../../site';
import type { Overview } from './data';
import { useText } from './texts';

interface Tile {
  label: string;
  value: string;
}

/** Numbers at a glance. */
export const Tiles = ({ tiles }: { tiles: readonly Tile[] }) => (
  <dl className="figures">{tiles.map(({ label, value }) => <div key={label}><dt>{label}</dt><dd>{value}</dd></div>)}</dl>
);

/** How a count is said that stops at a bound. */
export function useCount() {
  const { t } = useText();
  const { locale } = useSite();
  const number = new Intl.NumberFormat(locale);
  return ({ count, more }: { count: number; more: boolean }) => (more ? t('moreThan', { count }) : number.format(count));
}

const sum = (values: readonly (number | undefined)[]) => values.reduce<number>((total, value) => total + (value ?? 0), 0);

/** The last hour: its sums, its course, and why sign-ins failed. `more` are further tiles. */
export function Hour({ overview, more = [] }: { overview: Overview; more?: readonly Tile[] }) {
  const { t, texts } = useText();
  const { locale } = useSite();
  const count = useCount();
  const { minutes, p50, p95, sessions } = overview;
  const number = useMemo(() => new Intl.NumberFormat(locale), [locale]);
  const ms = useMemo(() => (value: number) => t('ms', { count: Math.round(value) }), [t]);
  const times = useMemo(() => minutes.map(({ minute }) => Date.parse(minute) / 1000), [minutes]);
  const counts = useMemo(() => [
    { label: t('signIns'), values: minutes.map(({ signIns }) => signIns) },
    { label: t('failures'), values: minutes.map(({ failures }) => failures) },
  ], [minutes, t]);
  const waits = useMemo(() => [
    { label: t('p50'), values: minutes.map((each) => each.p50 ?? null) },
    { label: t('p95'), values: minutes.map((each) => each.p95 ?? null) },
  ], [minutes, t]);
  const granted = useMemo(() => [{ label: t('tokens'), values: minutes.map(({ tokens }) => tokens ?? null) }], [minutes, t]);
  const reasons = useMemo(() => {
    const all = new Map<string, number>();
    for (const { reasons: found } of minutes) for (const [code, n] of Object.entries(found ?? {})) all.set(code, (all.get(code) ?? 0) + n);
    return [...all].sort(([, a], [, b]) => b - a);
  }, [minutes]);
  const tiles = [
    { label: t('signIns'), value: number.format(sum(minutes.map(({ signIns }) => signIns))) },
    { label: t('failures'), value: number.format(sum(minutes.map(({ failures }) => failures))) },
    { label: t('p50'), value: p50 === undefined ? '–' : ms(p50) },
    { label: t('p95'), value: p95 === undefined ? '–' : ms(p95) },
    { label: t('tokens'), value: number.format(sum(minutes.map(({ tokens }) => tokens))) },
    { label: t('sessions'), value: count(sessions) },
    ...more,
  ];
  return (
    <>
      <Tiles tiles={tiles} />
      <div className="columns">
        <Panel title={t('signInsTitle')}><Chart title={t('signInsTitle')} caption={t('perMinute')} times={times} series={counts} /></Panel>
        <Panel title={t('waitTitle')}><Chart title={t('waitTitle')} caption={t('waitCaption')} times={times} series={waits} format={ms} /></Panel>
        <Panel title={t('tokensTitle')}><Chart title={t('tokensTitle')} caption={t('tokensCaption')} times={times} series={granted} /></Panel>
        <Panel title={t('reasonsTitle')}>
          <Table
            caption={t('reasonsTitle')}
            rows={reasons}
            keyOf={([code]) => code}
            empty={t('noFailures')}
            columns={[
              { id: 'reason', head: t('reason'), cell: ([code]) => (Object.hasOwn(texts.reasons, code) ? texts.reasons[code as keyof typeof texts.reasons] : code || '–') },
              { id: 'count', head: t('failures'), cell: ([, n]) => number.format(n), end: true },
            ]}
          />
        </Panel>
      </div>
    </>
  );
}
