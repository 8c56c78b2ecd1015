import { type CalendarDate, parseDate } from '@internationalized/date';
import { useContext, useEffect, useRef, useState } from 'react';
import {
  Button, CalendarCell, CalendarGrid, CalendarGridBody, CalendarGridHeader, CalendarHeaderCell, DateInput, DateRangePicker,
  DateRangePickerStateContext, DateSegment, FieldError, Group, Label, Popover, RangeCalendar,
} from 'react-aria-components/DateRangePicker';
import { Dialog } from 'react-aria-components/Dialog';
import { Heading } from 'react-aria-components/Heading';
import { Icon } from '../icons';
import { useSite } from '../site';

interface Range {
  from: string;
  to: string;
}

interface RangeProps extends Range {
  label: string;
  /** Days as YYYY-MM-DD, or '' for no end. */
  onChange: (range: Range) => void;
}

const dayOf = (text: string): CalendarDate | null => {
  try {
    return text ? parseDate(text) : null;
  } catch {
    return null;
  }
};
// The year 2 is the beginning of 2026.
const textOf = (day: { year: number; toString: () => string } | null | undefined) => (day && day.year >= 1000 ? day.toString().slice(0, 10) : '');

/** Says what the picker holds. The picker itself says nothing of a range that has one end. */
function Report({ onChange }: { onChange: (range: Range) => void }) {
  const value = useContext(DateRangePickerStateContext)?.value;
  const latest = useRef(onChange);
  useEffect(() => { latest.current = onChange; }, [onChange]);
  const from = textOf(value?.start);
  const to = textOf(value?.end);
  const typing = (value?.start?.year ?? 1000) < 1000 || (value?.end?.year ?? 1000) < 1000;
  const wrong = Boolean(from && to && from > to);
  useEffect(() => {
    if (!typing && !wrong) latest.current({ from, to });
  }, [from, to, typing, wrong]);
  return null;
}

// Who speaks to the machine says what is seen, and in Korean a day is named with its counter.
const counter = { en: '', ko: '일', ar: '' };

const Days = ({ unit }: { unit: string }) => (
  <Popover className="calendar-box" offset={4} containerPadding={8}>
    <Dialog className="">
      <RangeCalendar className="calendar">
        <header>
          <Button slot="previous" className="button plain icon-only"><Icon name="previous" /></Button>
          <Heading />
          <Button slot="next" className="button plain icon-only"><Icon name="next" /></Button>
        </header>
        <CalendarGrid className="">
          <CalendarGridHeader>{(day) => <CalendarHeaderCell className="">{day}</CalendarHeaderCell>}</CalendarGridHeader>
          <CalendarGridBody>{(date) => <CalendarCell date={date} className="day">{({ formattedDate }) => formattedDate + unit}</CalendarCell>}</CalendarGridBody>
        </CalendarGrid>
      </RangeCalendar>
    </Dialog>
  </Popover>
);

/** Two days, typed or chosen in a calendar. Either may be left out. */
export function DateRange({ label, from, to, onChange }: RangeProps) {
  const { t, locale } = useSite();
  const [seen, setSeen] = useState<Range>({ from, to });
  const [said, setSaid] = useState<Range>({ from, to });
  const [round, setRound] = useState(0);
  const same = (a: Range) => a.from === from && a.to === to;
  // The address was changed by something else, perhaps by the way back: the picker begins again.
  if (!same(seen)) {
    setSeen({ from, to });
    if (!same(said)) {
      setSaid({ from, to });
      setRound(round + 1);
    }
  }
  const report = (range: Range) => {
    if (range.from === said.from && range.to === said.to) return;
    setSaid(range);
    onChange(range);
  };
  const [start, end] = [dayOf(from), dayOf(to)];
  return (
    <DateRangePicker key={round} className="field range" granularity="day" shouldForceLeadingZeros defaultValue={start || end ? { start, end } as { start: CalendarDate; end: CalendarDate } : null} validationBehavior="aria">
      <Label>{label}</Label>
      <Group className="dates">
        <DateInput slot="start" className="date">{(segment) => <DateSegment segment={segment} className="part" />}</DateInput>
        <span aria-hidden="true">–</span>
        <DateInput slot="end" className="date">{(segment) => <DateSegment segment={segment} className="part" />}</DateInput>
        {from || to ? (
          <Button slot={null} className="clear" aria-label={t('clear')} onPress={() => { onChange({ from: '', to: '' }); }}><Icon name="close" /></Button>
        ) : null}
        <Button className="button plain icon-only"><Icon name="calendar" /></Button>
      </Group>
      <FieldError className="error" />
      <Report onChange={report} />
      <Days unit={counter[locale]} />
    </DateRangePicker>
  );
}
