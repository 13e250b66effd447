import type { ExchangeOutput } from "../../analysis/pipeline/exchange-pipeline.ts";
import { EXCHANGE_CODEC } from "../../analysis/protocols/index.ts";
import { type Ledger, VERSION } from "../../model/index.ts";
import type { TraceRecord } from "../../wire/envoy/index.ts";
import type { ExchangeRow, WritableFormat } from "../../wire/formats.ts";
import { openOutput } from "./output-file.ts";
import { createPacketTarget, createTraceTarget } from "./trace-target.ts";

/** A file that takes traces while they come, in any format that can be written. */
export interface TraceFile {
  /** Absent for formats that are made of exchanges. */
  readonly record?: (record: TraceRecord) => void;
  /** Only for formats that are made of exchanges: they are written as they are given, so redacted before. */
  readonly exchanges?: ExchangeOutput;
  /** Writes what has gathered. */
  drain(): Promise<void>;
  /** The file is whole, and gets its name. */
  finish(): Promise<void>;
  /** Nothing stays behind. */
  abandon(): void;
}

/** @throws TaplineError (`output`) where the file cannot be opened */
export function openTraceFile(path: string, format: WritableFormat, ledger: Ledger): TraceFile {
  if (format.kind === "exchanges") return openExchangeFile(path, format);
  const target =
    format.kind === "packets"
      ? createPacketTarget(ledger, format, { handshake: true, nanoseconds: true })
      : createTraceTarget(ledger, format);
  target.beginInput({ name: "tap" });
  const output = openOutput(path);
  const drain = async (): Promise<void> => {
    for (const chunk of target.take()) await output.write(chunk);
  };
  return {
    record: (record) => target.write(record),
    drain,
    async finish() {
      target.endInput();
      await drain();
      await output.finish();
    },
    abandon: () => output.abandon(),
  };
}

function openExchangeFile(path: string, format: ExchangeRow): TraceFile {
  const output = openOutput(path);
  const encoder = format.encode(VERSION, EXCHANGE_CODEC);
  const gathered: string[] = [];
  const drain = async (): Promise<void> => {
    const text = gathered.splice(0).join("");
    if (text !== "") await output.write(UTF8.encode(text));
  };
  return {
    exchanges: {
      begin: () => void gathered.push(encoder.begin()),
      exchange: (exchange) => void gathered.push(encoder.exchange(exchange)),
      flow: (event) => void gathered.push(encoder.flow(event)),
      end: () => void gathered.push(encoder.end()),
    },
    drain,
    async finish() {
      await drain();
      await output.finish();
    },
    abandon: () => output.abandon(),
  };
}

const UTF8 = new TextEncoder();
