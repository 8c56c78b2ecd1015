import { useEffect, useId, useMemo, useRef } from 'react';
import type { draw as drawInto, Drawing, Series } from '../plot/plot';
import { useSite } from '../site';

interface Props {
  title: string;
  /** What the numbers are, and of when. */
  caption: string;
  /** Seconds since 1970, in order. */
  times: readonly number[];
  series: readonly Series[];
  /** A number with its unit; plain without. */
  format?: (value: number) => string;
  height?: number;
}

/** Lines over time, with the same numbers as a table. A null is a gap, in both. */
export function Chart({ title, caption, times, series, format, height = 160 }: Props) {
  const { t, locale } = useSite();
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<ReturnType<typeof drawInto> | null>(null);

  const drawing = useMemo<Drawing>(() => {
    const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 2 });
    const hours = new Intl.DateTimeFormat(locale, { timeStyle: 'short' });
    return { times, series, height, format: format ?? ((value) => number.format(value)), clock: (seconds) => hours.format(seconds * 1000) };
  }, [times, series, height, format, locale]);
  const latest = useRef(drawing);

  useEffect(() => {
    latest.current = drawing;
    plot.current?.update(drawing);
  }, [drawing]);

  useEffect(() => {
    let gone = false;
    void import('../plot/plot').then(({ draw }) => {
      if (!gone && box.current) plot.current = draw(box.current, latest.current);
    }).catch(() => undefined); // The table says the same.
    return () => {
      gone = true;
      plot.current?.end();
      plot.current = null;
    };
  }, []);

  return (
    <figure className="chart" aria-labelledby={id}>
      <figcaption>
        <strong id={id}>{title}</strong>
        <span className="hint">{caption}</span>
      </figcaption>
      {series.length > 1 ? <ul className="legend" aria-hidden="true">{series.map(({ label }) => <li key={label}>{label}</li>)}</ul> : null}
      <div className="plot" ref={box} aria-hidden="true" dir="ltr" />
      <details>
        <summary>{t('asTable')}</summary>
        <div className="scroller" role="region" aria-label={title} tabIndex={0}>
          <table>
            <caption className="unseen">{title}</caption>
            <thead><tr><th scope="col">{t('time')}</th>{series.map(({ label }) => <th key={label} scope="col" className="end">{label}</th>)}</tr></thead>
            <tbody>
              {times.map((time, index) => (
                <tr key={time}>
                  <th scope="row">{drawing.clock(time)}</th>
                  {series.map(({ label, values }) => {
                    const value = values[index];
                    return <td key={label} className="end">{value === null || value === undefined ? t('noData') : drawing.format(value)}</td>;
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}
