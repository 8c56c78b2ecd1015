import { type KeyboardEvent, type ReactNode, type SyntheticEvent, useContext, useRef } from 'react';
import { CheckboxButton, CheckboxField } from 'react-aria-components/Checkbox';
import { Cell, Column as Head, Row, Table as Grid, TableBody, TableHeader, TableStateContext } from 'react-aria-components/Table';
import { useSite } from '../site';
import { Mark } from './Mark';
import { Empty } from './states';

export interface Column<R> {
  id: string;
  head: string;
  cell: (row: R) => ReactNode;
  /** Numbers line up at the end. */
  end?: boolean;
  /** The head is only read out, as over a column of menus. */
  quiet?: boolean;
}

export interface Selection<R> {
  chosen: ReadonlySet<string>;
  onChange: (chosen: ReadonlySet<string>) => void;
  /** Names a row: "Kim Lee". */
  nameOf: (row: R) => string;
  /** What can be done with the chosen rows; buttons. */
  actions: ReactNode;
}

interface Props<R> {
  /** Names the table; only read out. */
  caption: string;
  columns: readonly Column<R>[];
  rows: readonly R[];
  keyOf: (row: R) => string;
  /** Said in the place of rows, or a whole element. */
  empty: ReactNode;
  selection?: Selection<R>;
}

/** The box of a row. The library's own, in its slot, knows nothing of Shift. */
function RowBox({ id, label, chosen }: { id: string; label: string; chosen: boolean }) {
  const manager = useContext(TableStateContext)?.selectionManager;
  const shift = useRef(false);
  return (
    <div className="tick" onPointerDownCapture={(event) => { shift.current = event.shiftKey; }} onKeyDownCapture={(event) => { shift.current = event.shiftKey; }}>
      <CheckboxField
        slot={null}
        className=""
        aria-label={label}
        isSelected={chosen}
        onChange={() => {
          if (shift.current) manager?.extendSelection(id);
          else manager?.toggleSelection(id);
        }}
      >
        <CheckboxButton className="check-box"><Mark /></CheckboxButton>
      </CheckboxField>
    </div>
  );
}

const stop = (event: SyntheticEvent) => { event.stopPropagation(); };
// A row takes Enter and the space bar, wherever in it they are pressed, for the wish to choose it.
const stopKeys = (event: KeyboardEvent) => { if (event.key === 'Enter' || event.key === ' ') event.stopPropagation(); };
// And the mouse likewise; a row is chosen by its box and by the keyboard, so that what is in it can be followed and copied.
const apart = { onPointerDown: stop, onMouseDown: stop, onClick: stop, onKeyDown: stopKeys };

/**
 * Rows, as cards where there is no room. Arrow keys go through it; the space bar chooses a row, Shift with an arrow key
 * or with a box the rows since the last one, Control with A all of them.
 */
export function Table<R>({ caption, columns, rows, keyOf, empty, selection }: Props<R>) {
  const { t } = useSite();
  if (!rows.length) return typeof empty === 'string' ? <Empty>{empty}</Empty> : <>{empty}</>;
  const keys = rows.map(keyOf);
  const count = selection ? keys.filter((key) => selection.chosen.has(key)).length : 0;
  // What names a row to a screen reader.
  const first = columns.find(({ quiet }) => !quiet)?.id;
  return (
    <div className="table-box">
      {selection ? (
        <div className="bulk" role="group" aria-label={t('withChosen')} data-on={count > 0}>
          <span role="status">{t('chosen', { count })}</span>
          {count ? selection.actions : null}
        </div>
      ) : null}
      <div className="scroller">
        <Grid
          aria-label={caption}
          className="rows"
          selectionMode={selection ? 'multiple' : 'none'}
          selectedKeys={selection?.chosen ?? []}
          // The set of the library remembers where a stretch began; it comes back as `chosen`.
          onSelectionChange={(chosen) => { selection?.onChange(chosen === 'all' ? new Set(keys) : chosen as Set<string>); }}
        >
          <TableHeader>
            {selection ? (
              <Head className="narrow" id="(choose)" textValue={t('chooseAll')}>
                <div className="tick">
                  <CheckboxField slot="selection" className="" aria-label={t('chooseAll')}><CheckboxButton className="check-box"><Mark /></CheckboxButton></CheckboxField>
                </div>
              </Head>
            ) : null}
            {columns.map(({ id, head, end, quiet }) => (
              <Head key={id} id={id} textValue={head} isRowHeader={id === first} className={end ? 'end' : ''}>
                {quiet ? <span className="unseen">{head}</span> : head}
              </Head>
            ))}
          </TableHeader>
          <TableBody>
            {rows.map((row) => {
              const key = keyOf(row);
              const on = selection?.chosen.has(key) ?? false;
              return (
                <Row key={key} id={key} className="" data-row={key} data-chosen={on || undefined} textValue={selection?.nameOf(row)}>
                  {selection ? (
                    <Cell className="narrow"><div {...apart}><RowBox id={key} label={t('choose', { name: selection.nameOf(row) })} chosen={on} /></div></Cell>
                  ) : null}
                  {columns.map(({ id, head, cell, end, quiet }) => (
                    <Cell key={id} className={end ? 'end' : ''} data-head={quiet ? undefined : head}>
                      <div className="cell" {...(selection && apart)}>{cell(row)}</div>
                    </Cell>
                  ))}
                </Row>
              );
            })}
          </TableBody>
        </Grid>
      </div>
    </div>
  );
}
