import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ListItem } from "../source/data-source.ts";
import {
  announcement,
  focusedColumn,
  go,
  held,
  isLive,
  isUtc,
  paused,
  problem,
  resume,
  rows,
  rowsVersion,
  url,
} from "../state/app-state.ts";
import { language } from "../state/filter-language.ts";
import { shownColumns } from "./column-layout.ts";
import type { Column } from "./columns.tsx";
import { EmptyList } from "./empty.tsx";
import { FIELD_CLASS } from "./field-column.tsx";
import { ListHead } from "./list-head.tsx";

const ROW = 24;
/** Rows beyond what is seen, in each direction. */
const SPARE = 12;
/** Browsers do not make a box higher than this. */
const MAX_HEIGHT = 15_000_000;

/** The rows that are seen, and a box as high as all would be. */
export function List() {
  const scroller = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [{ height, width }, setSize] = useState({ height: 600, width: 1000 });
  rowsVersion.value;
  const current = rows.value;
  const { selected } = url.value;
  const { columns: layout } = url.value;
  // The same ones as before where nothing has changed: rows that are as they were are not made again.
  const columns = useMemo(
    () => shownColumns(layout).filter(({ from = 0 }) => width >= from),
    [layout, width, language.value],
  );
  const length = current?.length ?? 0;
  const first = Math.max(0, Math.floor(top / ROW) - SPARE);
  const last = Math.min(length, Math.ceil((top + height) / ROW) + SPARE);
  useEffect(() => {
    if (current !== undefined && last >= length - SPARE) current.loadMore();
  });
  useLayoutEffect(() => {
    const box = scroller.current!;
    const observer = new ResizeObserver(() => setSize({ height: box.clientHeight, width: box.clientWidth }));
    observer.observe(box);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (held.value > 0) announcement.value = `${held.value} new`;
  }, [Math.min(1, held.value), Math.floor(Math.log10(held.value + 1))]);
  useEffect(() => {
    const index = selected === undefined ? -1 : (current?.indexOf(selected) ?? -1);
    const box = scroller.current;
    if (index < 0 || box === null) return;
    if (index * ROW < box.scrollTop) box.scrollTop = index * ROW;
    else if ((index + 1) * ROW > box.scrollTop + box.clientHeight - ROW)
      box.scrollTop = (index + 2) * ROW - box.clientHeight;
  }, [selected]);
  // What a row was made of is used again for another one: to make it anew costs several times as much.
  const slots = Math.ceil(height / ROW) + 2 * SPARE + 2;
  const visible: { index: number; item: ListItem | undefined }[] = [];
  for (let index = first; index < last; index++) visible.push({ index, item: current?.at(index) });
  const isEmpty = current !== undefined && length === 0 && current.isEnd && !current.isLoading;
  return (
    <div
      class="list"
      style={{ "--columns": columns.map(({ width }) => width).join(" "), "--least": leastWidth(columns) }}
    >
      {held.value > 0 && (
        <button type="button" class="pill" onClick={showNew}>
          {held.value} new ↑
        </button>
      )}
      <div
        class="scroller"
        ref={scroller}
        role="grid"
        aria-label="Exchanges"
        aria-rowcount={length + 1}
        tabIndex={0}
        aria-activedescendant={activeOf(selected, columns)}
        onScroll={(event) => {
          const { scrollTop } = event.currentTarget;
          setTop(scrollTop);
          if (isLive.value && scrollTop > ROW && !paused.value) paused.value = true;
        }}
      >
        <ListHead columns={columns} />
        <div class="rows" role="rowgroup" style={{ height: `${Math.min(MAX_HEIGHT, length * ROW)}px` }}>
          {visible.map(({ index, item }) => (
            <Row
              key={index % slots}
              index={index}
              item={item}
              isSelected={item !== undefined && item.id === selected}
              columns={columns}
            />
          ))}
        </div>
        {current?.isLoading === true && length === 0 && <Skeleton />}
        {isEmpty && problem.value === undefined && <EmptyList />}
      </div>
    </div>
  );
}

/** The row that is looked at, or its cell that the arrows have come to. */
function activeOf(selected: number | undefined, columns: readonly Column[]): string | undefined {
  if (selected === undefined) return undefined;
  const column = columns.findIndex(({ name }) => name === focusedColumn.value);
  return column < 0 ? `row-${selected}` : `cell-${selected}-${column}`;
}

/** Pixels that all columns need, so that those that somebody has added can be scrolled to; those of the beginning fit. */
function leastWidth(columns: readonly Column[]): string {
  if (columns.every(({ className }) => className !== FIELD_CLASS)) return "0";
  const least = columns.map(({ width }) => Number(/\d+/.exec(width)?.[0] ?? 0));
  return `${least.reduce((sum, one) => sum + one + GAP, GAP)}px`;
}

const GAP = 8;

function showNew(): void {
  document.querySelector(".scroller")?.scrollTo({ top: 0 });
  resume();
}

/** The column that names a row. */
const ROW_HEADER = "path";

interface RowProps {
  readonly index: number;
  readonly item: ListItem | undefined;
  readonly isSelected: boolean;
  readonly columns: readonly Column[];
}

function Row({ index, item, isSelected, columns }: RowProps) {
  const place = { transform: `translateY(${index * ROW}px)` };
  if (item === undefined) return <div class="row grey" role="row" aria-rowindex={index + 2} style={place} />;
  return (
    <div
      class={`row ${item.outcome ?? "ok"} ${item.isCounted ? "" : "uncounted"}`}
      id={`row-${item.id}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      style={place}
      onClick={() => {
        focusedColumn.value = undefined;
        select(item);
      }}
    >
      {columns.map(({ name, className = name, show }, column) => (
        <span
          role={name === ROW_HEADER ? "rowheader" : "gridcell"}
          class={`cell ${className} ${isSelected && name === focusedColumn.value ? "focused" : ""}`}
          id={`cell-${item.id}-${column}`}
          key={name}
          data-column={name}
        >
          {show(item, isUtc.value)}
        </span>
      ))}
    </div>
  );
}

/** Looking at one holds the list still. */
export function select(item: Pick<ListItem, "id">): void {
  if (isLive.value) paused.value = true;
  go({ selected: item.id }, url.value.selected === undefined);
}

function Skeleton() {
  return (
    <div class="skeleton" aria-hidden="true">
      {Array.from({ length: 12 }, (_, index) => (
        <div key={index} />
      ))}
    </div>
  );
}
