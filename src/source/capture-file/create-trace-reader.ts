import { type Ledger, type SocketObserver, TaplineError, type Timestamp } from "../../model/index.ts";
import { SocketEventMapper, type TraceEncoding, TraceReader, type TraceRecord } from "../../wire/envoy/index.ts";
import { judgeUnknownFields, type ToldOfFields } from "./unknown-fields.ts";

export interface TraceReaderOptions extends ToldOfFields {
  /** Gets what moved on connections. */
  readonly observer: SocketObserver;
  /** Gets the records themselves, too. */
  readonly record?: (record: TraceRecord) => void;
  /** Told what is wrong with the input; reading goes on where it can. */
  readonly problem: (problem: TaplineError) => void;
  readonly ledger: Ledger;
  /** The time of what has none: of traces that come live, now. */
  readonly now?: () => Timestamp;
  /** How the input is written down, where that is known; otherwise its content tells. */
  readonly encoding?: TraceEncoding;
  /** That nothing came is no fault: of a live source. */
  readonly mayBeEmpty?: boolean;
}

/** Reads Envoy traces: socket traces as what moved, HTTP traces as the HTTP/1 conversation that would have carried them. */
export function createTraceReader(
  name: string,
  options: TraceReaderOptions,
): { push(chunk: Uint8Array): void; end(): void } {
  const { ledger, observer, problem, record: keep, encoding, now, mayBeEmpty = false } = options;
  let isEmpty = true;
  const mapper = new SocketEventMapper((event) => observer.observe(event), {
    source: name,
    events: ledger.book("events"),
    payload: ledger.book("payload"),
    ...(now && { fallbackTime: now }),
  });
  const take = (record: TraceRecord): void => {
    keep?.(record);
    mapper.map(record);
  };
  const reader = new TraceReader(take, {
    bytes: ledger.book("file-bytes"),
    ...(encoding !== undefined && { encoding }),
  });
  return {
    push: (chunk) => {
      if (chunk.length > 0) isEmpty = false;
      reader.push(chunk);
    },
    end: () => {
      if (mayBeEmpty && isEmpty) return;
      reader.end();
      mapper.end();
      bookUnknownFields(ledger, reader.unknownFields);
      const nothing = judgeUnknownFields(name, reader, options);
      if (nothing !== undefined) problem(nothing);
      if (reader.problem !== undefined)
        problem(new TaplineError("input", reader.problem.message, { place: { file: name, ...reader.problem.place } }));
    },
  };
}

/** Counts fields that nothing is known of, where there were any. */
function bookUnknownFields(ledger: Ledger, count: number): void {
  if (count === 0) return;
  const fields = ledger.book("fields");
  fields.enter(count);
  fields.settleSkipped("unknown", count);
}
