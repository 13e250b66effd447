import { announcement, detail, fail, focusedColumn, go, narrow, rows, show, source, url } from "../state/app-state.ts";
import { shownColumns } from "./column-layout.ts";
import { close } from "./detail.tsx";
import { focusFilter } from "./filter-bar.tsx";
import { select } from "./list.tsx";
import { togglePause } from "./top-bar.tsx";

/** Everything works without a mouse. */
export const SHORTCUTS: readonly { readonly keys: string; readonly does: string }[] = [
  { keys: "/", does: "to the filter" },
  { keys: "j k, ↓ ↑", does: "next, previous exchange" },
  { keys: "← →", does: "to another value of it" },
  { keys: "Enter", does: "into the detail" },
  { keys: "Esc", does: "back" },
  { keys: "[ ]", does: "previous, next on the same connection" },
  { keys: "f", does: "filter by the value under focus, or by the service" },
  { keys: "x", does: "leave it out" },
  { keys: "c", does: "copy menu" },
  { keys: "p", does: "pause, go on" },
  { keys: "g e", does: "exchanges" },
  { keys: "g s", does: "sources and losses" },
  { keys: "?", does: "this list" },
];

let lastKey = "";

export function listenToKeys(): void {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || isTyping(event)) return;
    if (handle(event.key)) event.preventDefault();
    lastKey = event.key;
  });
}

function isTyping(event: KeyboardEvent): boolean {
  const [target] = event.composedPath();
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    /^(?:INPUT|SELECT|TEXTAREA|DIALOG)$/.test(target.tagName) ||
    target.closest("dialog") !== null
  );
}

function handle(key: string): boolean {
  if (lastKey === "g" && (key === "e" || key === "s")) {
    go({ view: key === "s" ? "losses" : "exchanges" });
    return true;
  }
  switch (key) {
    case "/":
      focusFilter();
      return true;
    case "j":
    case "ArrowDown":
      return isInList(key) && move(1);
    case "k":
    case "ArrowUp":
      return isInList(key) && move(-1);
    case "ArrowLeft":
    case "ArrowRight":
      return isInList(key) && moveCell(key === "ArrowRight" ? 1 : -1);
    case "Enter":
      return enterDetail();
    case "Escape":
      return leave();
    case "[":
    case "]":
      return moveOnConnection(key === "]" ? 1 : -1);
    case "f":
    case "x":
      return filterByFocus(key === "x");
    case "c":
      return openCopyMenu();
    case "p":
      togglePause();
      return true;
    case "?":
      show("help");
      return true;
    default:
      return false;
  }
}

/** Arrows scroll what has the focus; in the list they go from row to row. */
function isInList(key: string): boolean {
  return (
    !key.startsWith("Arrow") ||
    document.activeElement === document.body ||
    document.activeElement?.closest(".list") != null
  );
}

function move(step: number): boolean {
  const current = rows.value;
  if (current === undefined || current.length === 0) return false;
  const { selected } = url.value;
  const at = selected === undefined ? -1 : current.indexOf(selected);
  const next = current.at(Math.max(0, Math.min(current.length - 1, at + step)));
  if (next !== undefined) select(next);
  return true;
}

function enterDetail(): boolean {
  if (document.activeElement?.closest(".list") == null) return false;
  if (url.value.selected === undefined) move(1);
  requestAnimationFrame(() => document.getElementById("tab-panel")?.focus());
  return true;
}

function leave(): boolean {
  if (url.value.selected === undefined) return false;
  close();
  document.querySelector<HTMLElement>(".scroller")?.focus();
  return true;
}

function moveCell(step: number): boolean {
  if (url.value.selected === undefined) return false;
  const names = [...document.querySelectorAll<HTMLElement>(".row.head .cell")].map((cell) => cell.dataset["column"]!);
  const at = names.indexOf(focusedColumn.value ?? "");
  focusedColumn.value = names[at < 0 ? (step > 0 ? 0 : names.length - 1) : at + step] ?? names[at];
  return true;
}

/** Exchanges of a connection that are looked at for the next one: so many may begin at one time. */
const NEIGHBOURS = 50;

/** Also one that the filter and the range leave out. */
function moveOnConnection(step: number): boolean {
  const shown = detail.value?.item;
  if (shown === undefined) return false;
  const { connection, time, id } = shown;
  const asked = step > 0 ? { from: time, order: "oldest" as const } : { to: time + 1, order: "newest" as const };
  void source.value
    .list({ connection, limit: NEIGHBOURS, ...asked }, new AbortController().signal)
    .then(({ items }) => {
      const next = items[items.findIndex((item) => item.id === id) + 1];
      if (next === undefined) announcement.value = `none ${step > 0 ? "behind" : "before"} it on this connection`;
      else select(next);
    })
    .catch(fail);
  return true;
}

/** The value that the focus is on, or the cell that the arrows or the pointer have come to; else the service. */
function filterByFocus(exclude: boolean): boolean {
  const button = document.activeElement?.closest<HTMLElement>(".add, .facets button");
  if (button != null) {
    button.dispatchEvent(new MouseEvent("click", { bubbles: true, altKey: exclude }));
    return true;
  }
  const shown = detail.value?.item;
  if (shown === undefined) return false;
  const hovered = document.querySelector<HTMLElement>(`#row-${shown.id} .cell:hover`)?.dataset["column"];
  const cell = focusedColumn.value ?? hovered ?? "service";
  const condition = shownColumns(url.value.columns)
    .find(({ name }) => name === cell)
    ?.condition?.(shown);
  if (condition !== undefined) narrow(condition, exclude);
  return true;
}

function openCopyMenu(): boolean {
  const menu = document.querySelector<HTMLDetailsElement>(".detail .menu");
  if (menu === null) return false;
  menu.open = !menu.open;
  menu.querySelector<HTMLElement>("button")?.focus();
  return true;
}
