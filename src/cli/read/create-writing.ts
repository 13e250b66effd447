import { randomBytes } from "node:crypto";
import { closeSync, openSync, readFileSync, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { createNodeRedactor } from "../../analysis/redaction/node-redactor.ts";
import { type Exchange, type Ledger, TaplineError } from "../../model/index.ts";
import type { OutputFormat } from "../../sink/terminal/exchange-output.ts";
import type { InputFormat } from "../../source/capture-file/input-format.ts";
import type { TraceFileFormat } from "../../wire/envoy/index.ts";
import { PacketWriting, type SecondLook } from "./packet-writing.ts";
import type { ReadFlags } from "./read-flags.ts";
import { TraceWriting } from "./trace-writing.ts";

/** What `-w` does beside the reading. */
export interface Writing {
  /** What it can be made of. */
  readonly takes: readonly InputFormat[];
  matched(exchange: Exchange): void;
  finishInput(path: string, look: SecondLook): Promise<void>;
  finish(): Promise<void>;
  abandon(): void;
}

/** Exchanges are written by the view itself: this only says in which format. */
export type WriteTarget = { readonly exchanges: OutputFormat } | { readonly writing: Writing };

const EXCHANGES: Readonly<Record<string, OutputFormat>> = { ".har": "har", ".ndjson": "ndjson", ".jsonl": "ndjson" };
const TRACES: Readonly<Record<string, TraceFileFormat>> = {
  ".json": "JSON_BODY_AS_BYTES",
  ".pb": "PROTO_BINARY",
  ".pb_length_delimited": "PROTO_BINARY_LENGTH_DELIMITED",
  ".pb_text": "PROTO_TEXT",
};

/** @throws TaplineError (`usage`) for an extension that says nothing, (`output`) where the file cannot be opened */
export function createWriting(path: string, flags: ReadFlags, ledger: Ledger): WriteTarget {
  const extension = flags.writeFormat ?? extname(path).toLowerCase();
  const exchanges = EXCHANGES[extension];
  if (exchanges !== undefined) return { exchanges };
  const trace = TRACES[extension];
  if (trace !== undefined) return { writing: new TraceWriting(path, trace, ledger) };
  if (extension !== ".pcap" && extension !== ".pcapng")
    throw new TaplineError("usage", `-w ${path}: the name does not say what to write`, {
      hint: `use ${[".pcap", ".pcapng", ...Object.keys(EXCHANGES), ...Object.keys(TRACES)].join(", ")}`,
    });
  return {
    writing: new PacketWriting(path, {
      format: extension === ".pcap" ? "pcap" : "pcapng",
      filtered: flags.filter !== undefined || flags.count !== undefined,
      redactor: flags.redact ? createNodeRedactor() : undefined,
      ...(flags.keylog === undefined ? {} : { keyLog: readFileSync(flags.keylog) }),
    }),
  };
}

/** Keeps stdin in a file (0600, in the temporary folder), so that it can be read a second time. */
export class Spool {
  readonly path = join(tmpdir(), `tapline-${randomBytes(8).toString("hex")}.spool`);
  readonly #descriptor = openSync(this.path, "wx", 0o600);

  readonly write = (chunk: Uint8Array): void => {
    for (let at = 0; at < chunk.length; ) at += writeSync(this.#descriptor, chunk, at);
  };

  remove(): void {
    closeSync(this.#descriptor);
    unlinkSync(this.path);
  }
}
