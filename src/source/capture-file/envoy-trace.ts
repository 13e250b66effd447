import { type LedgerBook, TaplineError } from "../../model/index.ts";
import { TraceReader, type TraceReaderLimits, type TraceRecord } from "../../wire/envoy/index.ts";
import type { Input } from "./input.ts";
import { judgeUnknownFields, type ToldOfFields } from "./unknown-fields.ts";

export interface ReadEnvoyTraceOptions extends ToldOfFields {
  /** Called for every message of the trace; byte values are borrowed. */
  readonly onRecord: (record: TraceRecord) => void;
  /** Awaited after every chunk of the input: what was made of it can be written then. `read` counts the input's bytes. */
  readonly onChunk?: (read: number) => Promise<void> | void;
  readonly bytes: LedgerBook;
  /** Fields nothing is known of are counted here as `skipped`. */
  readonly fields: LedgerBook;
  readonly limits?: Partial<TraceReaderLimits>;
  /** Ends the reading early, as if the file ended there. */
  readonly signal?: AbortSignal;
}

/**
 * Reads a trace file in whatever form it is in, with constant memory.
 * @returns what is wrong with it, when something is: all that is whole was handed on all the same
 */
export async function readEnvoyTrace(
  source: Pick<Input, "name" | "chunks" | "close">,
  options: ReadEnvoyTraceOptions,
): Promise<TaplineError | undefined> {
  const reader = new TraceReader(options.onRecord, {
    bytes: options.bytes,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  let read = 0;
  const { signal } = options;
  const abort = (): void => void source.close();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    for await (const chunk of source.chunks()) {
      reader.push(chunk);
      read += chunk.length;
      await options.onChunk?.(read);
      if (signal?.aborted === true) break;
    }
  } catch (error) {
    if (signal?.aborted !== true) throw error;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
  reader.end();
  await options.onChunk?.(read);
  options.fields.enter(reader.unknownFields);
  if (reader.unknownFields > 0) options.fields.settleSkipped("unknown", reader.unknownFields);
  const nothing = judgeUnknownFields(source.name, reader, options);
  const { problem } = reader;
  if (problem === undefined) return nothing;
  return new TaplineError("input", problem.message, { place: { file: source.name, ...problem.place } });
}
