import type { PipelineOutput } from "../../analysis/pipeline/flow-pipeline.ts";
import type { Ledger, Sink } from "../../model/index.ts";
import type { TraceRecord } from "../../wire/envoy/index.ts";
import type { WritableFormat } from "../../wire/format.ts";
import { encodedOutput } from "../terminal/exchange-output.ts";
import { GatheredOutput } from "../terminal/gathered-output.ts";
import { openOutput } from "./output-file.ts";
import { TraceFileSink } from "./trace-file-sink.ts";
import { createPacketTarget, createTraceTarget } from "./trace-target.ts";

/** A file that takes traces while they come, in any format that can be written. */
export interface TraceFile {
  /** Absent for formats that are made of exchanges. */
  readonly records?: Sink<TraceRecord>;
  /** Only for formats that are made of exchanges: they are written as they are given, so redacted before. */
  readonly exchanges?: PipelineOutput;
  /** Writes what has gathered. */
  flush(): Promise<void>;
  /** The file is whole, and gets its name. */
  finish(): Promise<void>;
  /** Nothing stays behind. */
  abandon(): void;
}

/** @throws TaplineError (`output`) where the file cannot be opened */
export function openTraceFile(path: string, format: WritableFormat, ledger: Ledger): TraceFile {
  const output = openOutput(path);
  const abandon = (): void => output.abandon();
  if (format.kind === "exchanges") {
    const out = new GatheredOutput((bytes) => output.write(bytes));
    const exchanges = encodedOutput(out, format, ledger);
    const flush = (): Promise<void> => out.flush();
    return { exchanges, flush, finish: () => output.finish(), abandon };
  }
  const target =
    format.kind === "packets"
      ? createPacketTarget(ledger, format, { handshake: true, nanoseconds: true, bookPrefix: "written-" })
      : createTraceTarget(ledger, format);
  target.beginInput({ name: "tap" });
  const records = new TraceFileSink(target, output);
  return { records, flush: () => records.flush(), finish: () => records.close(), abandon };
}
