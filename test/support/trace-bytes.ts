import { Ledger } from "../../src/model/index.ts";
import {
  type CaptureTrace,
  TraceReader,
  type TraceReaderOptions,
  type TraceRecord,
  type TraceWrapper,
} from "../../src/wire/envoy/index.ts";

/** All that a trace file gives, with its byte values copied and its pieces put together. */
export interface ReadTrace {
  readonly wrappers: TraceWrapper[];
  readonly captures: CaptureTrace[];
  readonly records: number;
  readonly layouts: (string | undefined)[];
  readonly reader: TraceReader;
  readonly ledger: Ledger;
}

/** Reads `bytes` pushed in chunks that end at `splits`. */
export function readTrace(
  bytes: Uint8Array,
  splits: readonly number[] = [],
  options: TraceReaderOptions = {},
): ReadTrace {
  const ledger = new Ledger();
  const wrappers: TraceWrapper[] = [];
  const captures: CaptureTrace[] = [];
  const layouts: (string | undefined)[] = [];
  let records = 0;
  let previous: TraceRecord | undefined;
  const reader = new TraceReader(
    (borrowed) => {
      const record = structuredClone(borrowed);
      records++;
      if (previous?.more) {
        if (record.kind === "capture") captures.push(joinCaptures(captures.pop()!, record.capture));
        else wrappers.push(joinWrappers(wrappers.pop()!, record.wrapper));
      } else if (record.kind === "capture") captures.push(record.capture);
      else {
        wrappers.push(record.wrapper);
        layouts.push(record.layout);
      }
      previous = record;
    },
    { bytes: ledger.book("bytes"), ...options },
  );
  let start = 0;
  for (const end of [...splits, bytes.length]) {
    // A copy that is overwritten afterwards: nothing may keep a view of it.
    const chunk = Uint8Array.from(bytes.subarray(start, end));
    reader.push(chunk);
    chunk.fill(0xaa);
    start = end;
  }
  reader.end();
  return { wrappers, captures, records, layouts, reader, ledger };
}

function joinCaptures(first: CaptureTrace, second: CaptureTrace): CaptureTrace {
  return { ...first, ...second, events: [...first.events, ...second.events] };
}

function joinWrappers(first: TraceWrapper, second: TraceWrapper): TraceWrapper {
  if (first.trace.kind !== "socket-buffered" || second.trace.kind !== "socket-buffered") throw new Error("no pieces");
  return { ...second, trace: { ...second.trace, events: [...first.trace.events, ...second.trace.events] } };
}
