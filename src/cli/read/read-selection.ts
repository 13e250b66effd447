import { type Moment, TimeWindow } from "../../analysis/pipeline/time-window.ts";
import { rowOf } from "../../analysis/protocols/index.ts";
import {
  compareTimestamps,
  EPOCH,
  type Exchange,
  type FlowEvent,
  type MemoryBudget,
  TaplineError,
  type Timestamp,
} from "../../model/index.ts";
import type { Sorting } from "../../sink/terminal/list/exchange-form.ts";
import { RecordSorter } from "../../sink/terminal/record-sorter.ts";
import type { ZonedTime } from "../../wire/text/zoned-time.ts";
import { readMoment } from "../flags/moment-flag.ts";
import { parseCountOrSpan } from "../flags/time-values.ts";
import type { ReadFlags } from "./read-flags.ts";

/** The choice beside the filter, and the order of the print. */
export interface Selection {
  readonly selectExchange?: (exchange: Exchange) => boolean;
  /** The same of flows. @throws TaplineError (`usage`) where only exchanges can be chosen in that way */
  readonly selectFlow?: (event: FlowEvent) => boolean;
  readonly sorting?: Sorting;
}

/** @throws TaplineError (`usage`) */
export function readSelection(flags: ReadFlags, clock: ZonedTime, budget: MemoryBudget): Selection {
  const { since, until, last, trace, sort = last !== undefined || trace !== undefined ? "time" : undefined } = flags;
  const kept = last === undefined ? undefined : readLast(last);
  if (kept !== undefined && "count" in kept && sort !== "time")
    throw new TaplineError("usage", `--last ${last} is of those that began last: it goes with --sort time`, {
      hint: `-c ${last} for the first of another order`,
    });
  const window = readWindow(since, until, clock);
  const isBounded = since !== undefined || until !== undefined || kept !== undefined;
  const isOfTrace = trace === undefined ? undefined : ofTrace(trace);
  const onlyOf = Object.entries({ "--sort": flags.sort, "--last": last, "--trace": trace }).find(
    ([, value]) => value !== undefined,
  );
  return {
    ...((isBounded || onlyOf !== undefined) && {
      selectFlow: ({ time }) => {
        if (onlyOf !== undefined) throw notOfFlows(onlyOf[0]);
        return window.hasTime(time);
      },
    }),
    ...((isBounded || isOfTrace !== undefined) && {
      selectExchange: (exchange) => (!isBounded || window.has(exchange)) && isOfTrace?.(exchange) !== false,
    }),
    ...(sort !== undefined && {
      sorting: {
        by: sort,
        sorter: new RecordSorter(budget.child(Math.floor(budget.limit / 4))),
        count: flags.count,
        ...(kept !== undefined && { last: kept, latest: () => window.latest }),
      },
    }),
  };
}

function notOfFlows(flag: string): TaplineError {
  return new TaplineError("usage", `${flag} is of exchanges, and these are flows of Cilium's monitor`, {
    hint: `leave out ${flag}; --since and --until choose flows, too`,
  });
}

function readWindow(from: string | undefined, to: string | undefined, clock: ZonedTime): TimeWindow {
  const since = from === undefined ? undefined : readMoment("--since", from, clock);
  const until = to === undefined ? undefined : readMoment("--until", to, clock);
  if (since !== undefined && until !== undefined) {
    const isOfDay = (moment: Moment): boolean => moment(EPOCH).seconds !== moment(OTHER_DAY).seconds;
    if (isOfDay(since) === isOfDay(until) && compareTimestamps(since(OTHER_DAY), until(OTHER_DAY)) >= 0)
      throw new TaplineError("usage", `--since ${from} is not before --until ${to}: nothing is between them`, {
        ...(isOfDay(since) && { hint: "over midnight they need their days: --since '2026-01-31 22:00'" }),
      });
  }
  return new TimeWindow({ since, until });
}

const OTHER_DAY: Timestamp = { seconds: 20 * 86_400, nanos: 0 };

function readLast(text: string): ReturnType<typeof parseCountOrSpan> {
  try {
    return parseCountOrSpan(text);
  } catch {
    throw new TaplineError("usage", `--last ${text}: expected how long (10m, 1h30m, 2d), or how many`);
  }
}

/** All hops of one request: those that carry its trace, or its id. */
function ofTrace(id: string): (exchange: Exchange) => boolean {
  const wanted = id.toLowerCase();
  return (exchange) => {
    const { traceId, requestId } = rowOf(exchange).evidence(exchange);
    return traceId?.toLowerCase() === wanted || requestId?.toLowerCase() === wanted;
  };
}
