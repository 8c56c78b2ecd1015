// The drawing of a chart. uPlot comes with it, and so it is fetched when there is a chart.

import uPlot from 'uplot';

export interface Series {
  label: string;
  /** One for each time; null is a gap, and is drawn as one. */
  values: readonly (number | null)[];
}

export interface Drawing {
  /** Seconds since 1970. */
  times: readonly number[];
  series: readonly Series[];
  height: number;
  format: (value: number) => string;
  clock: (seconds: number) => string;
}

const strokes = ['--accent', '--blue', '--warn', '--bad'];

/** Draws into the element, as wide as it is. The answer takes new values, or takes it all away. */
export function draw(box: HTMLElement, first: Drawing) {
  let now = first;
  let plot: uPlot | null = null;
  const data = () => [now.times, ...now.series.map(({ values }) => values)] as unknown as uPlot.AlignedData;

  const build = () => {
    plot?.destroy();
    const style = getComputedStyle(box);
    const colour = (name: string) => style.getPropertyValue(name).trim() || 'currentColor';
    const axis = { stroke: colour('--soft'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false }, font: '12px system-ui' };
    plot = new uPlot({
      width: Math.max(box.clientWidth, 80),
      height: now.height,
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { size: 6 } },
      scales: { y: { range: (_, low, high) => [Math.min(0, low), high > 0 ? high * 1.1 : 1] } },
      axes: [
        { ...axis, size: 32, values: (_, splits) => splits.map((each) => now.clock(each)) },
        { ...axis, size: 56, values: (_, splits) => splits.map((each) => now.format(each)) },
      ],
      series: [
        {},
        ...now.series.map(({ label }, index) => ({
          label,
          stroke: colour(strokes[index % strokes.length] ?? '--accent'),
          dash: index ? [6, 2 + index * 2] : undefined,
          width: 2,
          spanGaps: false,
          points: { show: false },
        })),
      ],
    }, data(), box);
  };

  build();
  const width = new ResizeObserver(() => { plot?.setSize({ width: Math.max(box.clientWidth, 80), height: now.height }); });
  width.observe(box);
  const scheme = matchMedia('(prefers-color-scheme: dark)');
  scheme.addEventListener('change', build);
  return {
    update: (next: Drawing) => {
      const other = next.series.length !== now.series.length || next.height !== now.height;
      now = next;
      if (other) build();
      else plot?.setData(data());
    },
    end: () => {
      width.disconnect();
      scheme.removeEventListener('change', build);
      plot?.destroy();
    },
  };
}
