import type { PipelineOutput } from "../../../analysis/pipeline/flow-pipeline.ts";
import { rowOf } from "../../../analysis/protocols/index.ts";
import type { Exchange, LedgerReason } from "../../../model/index.ts";
import { elapsedNanos, isKnownTime, nanosBetween, type Timestamp } from "../../../model/index.ts";
import { type GatheredOutput, gatherInto } from "../gathered-output.ts";
import type { SortOrder } from "../output-formats.ts";
import type { RecordSorter, SortKey } from "../record-sorter.ts";

/** How exchanges become text, in two steps, so that others may come between them. */
export interface ExchangeForm {
  /** The exchange's own part; undefined where it has no place in the output. */
  readonly shape: (exchange: Exchange) => string | undefined;
  readonly print: (shaped: string) => void;
  /** Both at once, where that is not the same. */
  readonly write?: ((exchange: Exchange) => LedgerReason | undefined) | ((exchange: Exchange) => void);
  /** Why there is no place for an exchange, in the ledger's words. */
  readonly noPlace?: LedgerReason;
  readonly begin?: () => void;
  /** Where they are printed as they come: writes what waits for more. */
  readonly beforeFlush?: (() => void) | undefined;
  readonly end?: () => void;
  /** Told of each exchange whether it has a place. */
  readonly placed?: (hasPlace: boolean) => void;
}

export interface Sorting {
  readonly by: SortOrder;
  readonly sorter: RecordSorter;
  /** So many of the first are printed; by default all. */
  readonly count?: number | undefined;
  /** Only those that began last are: so many, or so long (nanoseconds) before the latest. */
  readonly last?: { readonly count: number } | { readonly nanos: number };
  /** When the last of all began; absent: of those that were sorted. */
  readonly latest?: () => Timestamp | undefined;
}

/** Prints exchanges as they come, or in another order when all have come. */
export function formOutput(
  out: GatheredOutput,
  form: ExchangeForm,
  sorting?: Sorting,
): NonNullable<PipelineOutput["exchanges"]> {
  const place = (shaped: string | undefined): LedgerReason | undefined => {
    form.placed?.(shaped !== undefined);
    return shaped === undefined ? (form.noPlace ?? "no-place-in-output") : undefined;
  };
  if (sorting === undefined) {
    form.begin?.();
    return gatherInto(out, {
      write:
        form.write ??
        ((exchange) => {
          const shaped = form.shape(exchange);
          if (shaped !== undefined) form.print(shaped);
          return place(shaped);
        }),
      beforeFlush: form.beforeFlush,
      ...(form.end && { end: form.end }),
    });
  }
  const { by, sorter, count = Number.POSITIVE_INFINITY, last, latest } = sorting;
  let sorted = 0;
  let isClosed = false;
  const sink = gatherInto<Exchange>(out, {
    write: (exchange) => {
      // Nobody knows whether it is one of the last.
      if (last !== undefined && beginOf(exchange) === undefined) return "filtered";
      const shaped = form.shape(exchange);
      if (shaped !== undefined) {
        sorter.add(keyOf(exchange, by), shaped);
        sorted++;
      }
      return place(shaped);
    },
  });
  return {
    ...sink,
    close: async (deadline) => {
      if (isClosed) return;
      isClosed = true;
      form.begin?.();
      let skipped = last !== undefined && "count" in last ? Math.max(0, sorted - last.count) : 0;
      const from = last !== undefined && "nanos" in last ? latest?.() : undefined;
      let printed = 0;
      for (const { key, text: shaped } of sorter.read()) {
        if (printed >= count) break;
        if (skipped-- > 0) continue;
        if (from !== undefined && nanosBetween(timeOf(key), from) > (last as { nanos: number }).nanos) continue;
        printed++;
        form.print(shaped);
        if (out.isFull) await out.flush();
      }
      form.end?.();
      await sink.close(deadline);
    },
  };
}

/** The earliest first; of durations, sizes and statuses the greatest. What is not known comes last. */
function keyOf(exchange: Exchange, by: SortOrder): SortKey {
  const { times } = exchange;
  const time = beginOf(exchange);
  const began = [time?.seconds ?? LAST, time?.nanos ?? 0];
  switch (by) {
    case "time":
      return began;
    case "duration":
      return [descending(elapsedNanos(times.requestStart, times.responseEnd)), ...began];
    case "size": {
      const { sizes } = rowOf(exchange).cells(exchange);
      return [-(sizes.request + sizes.response), ...began];
    }
    case "status":
      return [descending(statusOf(exchange)), ...began];
  }
}

/** Undefined where it is not known. */
function beginOf({ times }: Exchange): Timestamp | undefined {
  const time = times.requestStart ?? times.responseStart;
  return time !== undefined && isKnownTime(time) ? time : undefined;
}

/** Errors without a number are as bad as the worst that have one. */
function statusOf(exchange: Exchange): number | undefined {
  const { status } = rowOf(exchange).cells(exchange);
  if (status !== undefined && /^\d+$/.test(status)) return Number(status);
  const result = rowOf(exchange).outcome(exchange)?.result;
  return result === undefined ? undefined : RANKS[result];
}

const RANKS: Readonly<Record<string, number>> = { ok: 200, redirect: 300, "client-error": 400, error: 599, none: 600 };

function descending(value: number | undefined): number {
  return value === undefined ? LAST : -value;
}

/** When it began: what every key ends with. */
function timeOf(key: SortKey): Timestamp {
  return { seconds: key.at(-2)!, nanos: key.at(-1)! };
}

const LAST = Number.MAX_SAFE_INTEGER;
