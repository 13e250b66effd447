import { batch, computed, effect, signal } from "@preact/signals";
import type { FacetsAnswer, LatencyAnswer, SortOrder } from "../../src/collector/store/exchange-store.ts";
import { AbsentSource } from "../source/absent-source.ts";
import { CollectorSource } from "../source/collector-source.ts";
import {
  type DataSource,
  type Detail,
  type Losses,
  type Series,
  type StoreQuery,
  TokenNeeded,
  Unreachable,
} from "../source/data-source.ts";
import type { FileSource } from "../source/file-source.ts";
import { Rows } from "./rows.ts";
import { isLiveRange, readUrl, resolveRange, type UrlState, writeUrl } from "./url-state.ts";

/** Everything that the page shows follows from these. */
export const url = signal<UrlState>(readUrl(location.hash));
/** The collector that served the page. */
export const collector = new CollectorSource();
/** The file that was opened last: it stays open while the collector is looked at. */
export const openedFile = signal<FileSource | undefined>(undefined);
const wantedFile = computed(() => url.value.file);
export const source = computed<DataSource>(() => {
  const [wanted, opened] = [wantedFile.value, openedFile.value];
  if (wanted === undefined) return collector;
  return opened?.name === wanted ? opened : new AbsentSource(wanted);
});
export const me = signal<{ role: string; version: string; isReadOnly: boolean } | undefined>(undefined);
export const needsToken = signal(false);
/** Counts up when the rows have changed. */
export const rowsVersion = signal(0);
export const rows = signal<Rows | undefined>(undefined);
/** Live rows are held back, and counted. */
export const paused = signal(false);
export const held = signal<number>(0);
export const connection = signal<{ connected: boolean; retryAt?: number; attempt?: number }>({ connected: true });
export const problem = signal<string | undefined>(undefined);
export const series = signal<Series | undefined>(undefined);
export const latency = signal<LatencyAnswer | undefined>(undefined);
export const facets = signal<FacetsAnswer | undefined>(undefined);
export const detail = signal<Detail | undefined>(undefined);
export const detailProblem = signal<string | undefined>(undefined);
export const losses = signal<Losses | undefined>(undefined);
export const lost = signal(0);
export const rate = signal(0);
export const isUtc = signal(localStorage.getItem("utc") === "true");
/** With an attribute: all of its values. */
export type DialogName = "help" | "columns" | "filters" | { readonly attribute: string };
export const dialog = signal<DialogName | undefined>(undefined);
/** Opens a dialog, or closes the one that is open. */
export function show(name: DialogName | undefined): void {
  dialog.value = name;
}

export const announcement = signal("");
/** The column whose cell of the selected row the arrows have come to. */
export const focusedColumn = signal<string | undefined>(undefined);

export const FACETS = ["service.name", "route", "response.code", "outcome", "request.method", "peer.name", "kind"];
/** Values of each that stand beside the list. */
export const FACET_VALUES = 8;
const BUCKETS = 90;

export const order = computed<SortOrder>(() => (url.value.order as SortOrder | undefined) ?? "newest");
export const isLive = computed(
  () => source.value.follow !== undefined && isLiveRange(url.value.range) && order.value === "newest",
);

/** Changes what the address holds. `push`: Back comes back here. */
export function go(change: Partial<UrlState>, push = true): void {
  const next = { ...url.value, ...change };
  const written = writeUrl(next);
  if (written === writeUrl(url.value)) return;
  if (push) history.pushState(undefined, "", written);
  else history.replaceState(undefined, "", written);
  url.value = next;
}

addEventListener("popstate", () => {
  url.value = readUrl(location.hash);
});

/** The filter with a condition more; `exclude`: without what it holds for. */
export function narrow(condition: string, exclude = false): void {
  const { filter } = url.peek();
  const added = exclude ? `!(${condition})` : condition;
  const joined = filter.trim() === "" ? added : `${/\|\||\bor\b|\?/.test(filter) ? `(${filter})` : filter} && ${added}`;
  go({ filter: joined });
}

/** A text, so that it changes only when the question does. */
const query = computed(() => JSON.stringify({ filter: url.value.filter, range: url.value.range, order: order.value }));

function asked(): { filter: string; range: string; order: SortOrder } {
  return JSON.parse(query.value) as ReturnType<typeof asked>;
}

/** The exchanges that are shown, as a store is asked for them. */
export function shownQuery(): StoreQuery {
  const { filter, range } = url.peek();
  return { ...resolveRange(range, Date.now()), ...(filter !== "" && { filter }) };
}

const version = signal(0);
let waiting: Parameters<Rows["prepend"]>[0][number][] = [];
let arrivals: { at: number; count: number }[] = [];
/** Since the last tick. */
let hasCome = false;

/** Asks for everything anew. */
export function reload(): void {
  version.value++;
}

/** Shows what was held back. */
export function resume(): void {
  const missed = held.peek() - waiting.length;
  paused.value = false;
  held.value = 0;
  const items = waiting;
  waiting = [];
  rows.peek()?.prepend(items, missed);
  rowsVersion.value++;
}

effect(() => {
  const { filter, range, order: by } = asked();
  const from = source.value;
  version.value;
  const current = new Rows(
    from,
    { ...resolveRange(range, Date.now()), ...(filter !== "" && { filter }), order: by },
    () => void rowsVersion.value++,
    fail,
  );
  batch(() => {
    rows.value = current;
    held.value = 0;
    paused.value = false;
    problem.value = undefined;
  });
  waiting = [];
  const stopFollowing = isLive.value ? follow(from, filter, current) : undefined;
  return () => {
    current.stop();
    stopFollowing?.();
  };
});

function follow(from: DataSource, filter: string, current: Rows): () => void {
  return from.follow!(
    filter,
    ({ items, missed, lost: count }) => {
      arrivals.push({ at: Date.now(), count: items.length + missed });
      hasCome = true;
      batch(() => {
        lost.value = count;
        if (paused.peek()) {
          waiting = [...items, ...waiting].slice(0, 2000);
          held.value += items.length + missed;
        } else {
          current.prepend(items, missed);
          rowsVersion.value++;
        }
      });
    },
    (connected, next) => {
      if (connected) reachedAgain();
      else connection.value = { connected, ...next };
    },
  );
}

/** What was not told meanwhile is asked for. */
function reachedAgain(): void {
  if (connection.peek().connected) return;
  connection.value = { connected: true };
  reload();
}

/** Chart and facets: when the question changes, and every few seconds while something comes. */
const tick = signal(0);
const TICK_MILLIS = 3000;
/** Where nothing comes only the range moves on, and a sender may have gone: so many ticks are passed over. */
const QUIET_TICKS = 4;
let quietTicks = 0;
setInterval(() => {
  const isQuiet = isLive.peek() && connection.peek().connected && !hasCome;
  quietTicks = isQuiet ? quietTicks + 1 : 0;
  hasCome = false;
  arrivals = arrivals.filter(({ at }) => at > Date.now() - 5000);
  rate.value = arrivals.reduce((sum, { count }) => sum + count, 0) / 5;
  const isDue = quietTicks % (QUIET_TICKS + 1) === 0;
  if (document.visibilityState === "visible" && isDue && (isLive.peek() || source.peek().kind === "collector"))
    tick.value++;
}, TICK_MILLIS);

effect(() => {
  const { filter, range } = asked();
  const from = source.value;
  version.value;
  tick.value;
  const controller = new AbortController();
  const bounds = resolveRange(range, Date.now());
  const condition = filter === "" ? {} : { filter };
  void (async () => {
    try {
      const spanned = await spanOf(from, bounds, condition, controller.signal);
      const counted = await from.series({ ...spanned, ...condition, buckets: BUCKETS }, controller.signal);
      series.value = counted;
      latency.value = await from.latency({ ...bounds, ...condition }, controller.signal);
      facets.value = await from.facets(
        { ...bounds, ...condition, attributes: FACETS, limit: FACET_VALUES },
        controller.signal,
      );
      losses.value = await from.losses(controller.signal);
      lost.value = sumLost(losses.value);
      // Where nothing is followed, this alone notices.
      if (from === collector && !isLive.peek()) reachedAgain();
    } catch (error) {
      if (!controller.signal.aborted) fail(error as Error);
    }
  })();
  return () => controller.abort();
});

/** All of it: from the oldest to the newest. */
async function spanOf(
  from: DataSource,
  bounds: { from?: number; to?: number },
  condition: { filter?: string },
  signal_: AbortSignal,
): Promise<{ from: number; to: number }> {
  const now = Date.now() * 1000;
  if (bounds.from !== undefined) return { from: bounds.from, to: bounds.to ?? now };
  const [first, last] = await Promise.all([
    from.list({ ...condition, limit: 1, order: "oldest" }, signal_),
    from.list({ ...condition, limit: 1, order: "newest" }, signal_),
  ]);
  const start = first.items[0]?.time ?? now - 9e8;
  return { from: start, to: Math.max(start + 1000, (last.items[0]?.time ?? now) + 1) };
}

const selection = computed(() => url.value.selected);

effect(() => {
  const selected = selection.value;
  const from = source.value;
  detailProblem.value = undefined;
  if (selected === undefined) {
    detail.value = undefined;
    return undefined;
  }
  const controller = new AbortController();
  void from
    .find(selected, controller.signal)
    .then((found) => {
      if (controller.signal.aborted) return;
      detail.value = found;
      if (found === undefined) detailProblem.value = "it is no longer kept";
    })
    .catch((error: Error) => {
      if (controller.signal.aborted) return;
      if (error instanceof TokenNeeded) fail(error);
      else detailProblem.value = error.message;
    });
  return () => controller.abort();
});

export async function start(): Promise<void> {
  try {
    me.value = await collector.me(new AbortController().signal);
    needsToken.value = false;
  } catch (error) {
    fail(error as Error);
  }
}

export function sumLost({ books }: Losses): number {
  let sum = 0;
  for (const { dropped } of books) for (const count of Object.values(dropped)) sum += count;
  return sum;
}

/** Shows what went wrong, by its kind. */
export function fail(error: Error): void {
  if (error instanceof TokenNeeded) needsToken.value = true;
  else if (error instanceof Unreachable)
    connection.value = { retryAt: Date.now() + TICK_MILLIS, ...connection.peek(), connected: false };
  else problem.value = error.message;
}
