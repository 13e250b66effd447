import type { SortOrder } from "../../src/collector/store/exchange-store.ts";
import { go, order as sorted, url } from "../state/app-state.ts";
import { moveColumn, setLayout, shownLayout, sizeColumn } from "./column-layout.ts";
import type { Column } from "./columns.tsx";

/** Pixels that an arrow key widens by. */
const STEP = 16;

/** The names of the columns: dragged to another place, and by their edges to another width. */
export function ListHead({ columns }: { columns: readonly Column[] }) {
  return (
    <div class="row head" role="row" aria-rowindex={1}>
      {columns.map(({ name, className = name, label, order, reverse = "newest" }) => (
        <span
          role="columnheader"
          aria-sort={sortOf(order, reverse)}
          class={`cell ${className}`}
          key={name}
          data-column={name}
          draggable
          onDragStart={(event) => {
            // An edge is moved by the pointer, and its column is not.
            if (isSizing) event.preventDefault();
            else event.dataTransfer?.setData(DRAGGED, name);
          }}
          onDragOver={(event) => {
            if (event.dataTransfer?.types.includes(DRAGGED)) event.preventDefault();
          }}
          onDrop={(event) => {
            const dragged = event.dataTransfer?.getData(DRAGGED);
            if (dragged) setLayout(moveColumn(shownLayout(url.value.columns), dragged, name));
          }}
        >
          {order === undefined ? (
            label
          ) : (
            <button type="button" onClick={() => go({ order: sorted.value === order ? reverse : order })}>
              {label}
              {SIGNS[sortOf(order, reverse)]}
            </button>
          )}
          <Edge name={name} label={label} />
        </span>
      ))}
    </div>
  );
}

/** As ARIA has it; `reverse` is of the same column where it is none of another one. */
function sortOf(order: SortOrder | undefined, reverse: SortOrder): "ascending" | "descending" | "none" {
  if (order !== undefined && sorted.value === order) return "descending";
  return order === "newest" && sorted.value === reverse ? "ascending" : "none";
}

const SIGNS = { ascending: " ↑", descending: " ↓", none: "" } as const;

let isSizing = false;
const DRAGGED = "application/x-tapline-column";

/** Between a column and the next one: dragged, or moved by the arrow keys. */
function Edge({ name, label }: { name: string; label: string }) {
  const widthOf = (edge: HTMLElement): number => edge.parentElement!.getBoundingClientRect().width;
  const size = (pixels: number): void => setLayout(sizeColumn(shownLayout(url.value.columns), name, pixels));
  return (
    <span
      class="edge"
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label={`Width of ${label}`}
      aria-valuenow={shownLayout(url.value.columns).find((place) => place.name === name)?.pixels ?? 0}
      onKeyDown={(event) => {
        const step = event.key === "ArrowRight" ? STEP : event.key === "ArrowLeft" ? -STEP : 0;
        if (step === 0) return;
        event.preventDefault();
        event.stopPropagation();
        size(widthOf(event.currentTarget) + step);
      }}
      onPointerDown={(event) => {
        const edge = event.currentTarget;
        const [begin, width] = [event.clientX, widthOf(edge)];
        isSizing = true;
        edge.setPointerCapture(event.pointerId);
        edge.onpointermove = ({ clientX }) => size(width + clientX - begin);
        edge.onlostpointercapture = () => {
          isSizing = false;
          edge.onpointermove = null;
        };
      }}
    />
  );
}
