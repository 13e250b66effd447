import { EXCHANGE_CODEC } from "../../analysis/protocols/index.ts";
import {
  type Exchange,
  type FlowEvent,
  formatError,
  isTaken,
  Ledger,
  type Sink,
  TaplineError,
} from "../../model/index.ts";
import { findFormat } from "../../wire/formats.ts";
import { NdjsonReader } from "../../wire/ndjson/index.ts";
import { createRecordSink } from "../capture-file/exchange-records.ts";
import { openOutput } from "../capture-file/output-file.ts";
import { openTraceFile } from "../capture-file/trace-file.ts";

/** Documents (NDJSON) that are to be a file. */
export interface DumpJob {
  readonly path: string;
  /** A name of `WRITABLE_FORMATS`. */
  readonly format: string;
  /** Each holds whole lines. */
  readonly chunks: readonly Uint8Array[];
  /** Shared with the thread; 1: the process ends, and waits for it. */
  readonly hurry?: Int32Array;
}

export interface DumpResult {
  /** Documents that the format has no place for, by reason. */
  readonly leftOut: Readonly<Record<string, number>>;
  /** Why there is no file. */
  readonly problem?: string;
}

/**
 * Writes the file, whole or not at all. Never rejects.
 * @param rest waited for after each piece but the last, so that whatever forwards traffic has the machine meanwhile
 */
export async function writeDump({ path, format, chunks }: DumpJob, rest: () => Promise<void>): Promise<DumpResult> {
  const paced = pace(chunks, rest);
  try {
    return format === "ndjson" ? await writeDocuments(path, paced) : await convertDocuments(path, format, paced);
  } catch (error) {
    return { leftOut: {}, problem: formatError(error) };
  }
}

async function* pace(chunks: readonly Uint8Array[], rest: () => Promise<void>): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  for (const chunk of chunks)
    for (let at = 0; at < chunk.length; at += PIECE) {
      if (!isFirst) await rest();
      isFirst = false;
      yield chunk.subarray(at, at + PIECE);
    }
}

/** Bytes between two rests: the kernel takes a tenth of a millisecond for so many. */
const PIECE = 128 * 1024;

async function writeDocuments(path: string, chunks: AsyncIterable<Uint8Array>): Promise<DumpResult> {
  const output = openOutput(path);
  try {
    for await (const chunk of chunks) await output.write(chunk);
    await output.finish();
    return { leftOut: {} };
  } catch (error) {
    output.abandon();
    throw error;
  }
}

async function convertDocuments(path: string, name: string, chunks: AsyncIterable<Uint8Array>): Promise<DumpResult> {
  const format = findFormat(name);
  if (format === undefined || format.kind === "flows") throw new TaplineError("usage", `there is no format '${name}'`);
  const ledger = new Ledger();
  const file = openTraceFile(path, format, ledger);
  try {
    const leftOut: Record<string, number> = {};
    const exchanges = file.exchanges?.exchanges ?? (file.records && createRecordSink(file.records));
    const flows = file.exchanges?.flows;
    const submit = <Item extends Exchange | FlowEvent>(sink: Sink<Item> | undefined, item: Item): void => {
      const submission = sink?.submit(item) ?? { dropped: NO_PLACE };
      if (!isTaken(submission)) leftOut[submission.dropped] = (leftOut[submission.dropped] ?? 0) + 1;
    };
    const handler = {
      exchange: (exchange: Exchange) => submit(exchanges, exchange),
      flow: (event: FlowEvent) => submit(flows, event),
    };
    const reader = new NdjsonReader(handler, ledger.book("kept-documents"), EXCHANGE_CODEC);
    for await (const chunk of chunks) {
      reader.push(chunk);
      await file.flush();
    }
    reader.end();
    await file.exchanges?.exchanges?.close(Number.POSITIVE_INFINITY);
    await file.finish();
    return { leftOut };
  } catch (error) {
    file.abandon();
    throw error;
  }
}

const NO_PLACE = "no-place-in-output";
