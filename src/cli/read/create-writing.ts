import { randomBytes } from "node:crypto";
import { closeSync, openSync, readFileSync, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNodeRedactor } from "../../analysis/redaction/node-redactor.ts";
import type { Exchange, Ledger } from "../../model/index.ts";
import type { ExchangeRow, FormatFamily } from "../../wire/formats.ts";
import { chooseFormat } from "../choose-format.ts";
import { PacketWriting, type SecondLook } from "./packet-writing.ts";
import type { ReadFlags } from "./read-flags.ts";
import { TraceWriting } from "./trace-writing.ts";

/** What `-w` does beside the reading. */
export interface Writing {
  /** The format that it writes, for messages. */
  readonly name: string;
  /** What it can be made of. */
  readonly takes: readonly FormatFamily[];
  matched(exchange: Exchange): void;
  finishInput(path: string, look: SecondLook): Promise<void>;
  finish(): Promise<void>;
  abandon(): void;
}

/** Exchanges are written by the view itself: this only says in which format. */
export type WriteTarget = { readonly exchanges: ExchangeRow } | { readonly writing: Writing };

/** @throws TaplineError (`usage`) for an extension that says nothing, (`output`) where the file cannot be opened */
export function createWriting(path: string, flags: ReadFlags, ledger: Ledger): WriteTarget {
  const format = chooseFormat(flags.writeFormat, path);
  if (format.kind === "exchanges") return { exchanges: format };
  if (format.kind === "traces") return { writing: new TraceWriting(path, format, ledger) };
  return {
    writing: new PacketWriting(path, {
      name: format.name,
      format: format.family as "pcap" | "pcapng",
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
