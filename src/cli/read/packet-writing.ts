import type { Redactor } from "../../analysis/redaction/index.ts";
import type { Connection, Exchange, Ledger, MemoryBudget, SocketEvent, TaplineError } from "../../model/index.ts";
import { ConnectionFrames } from "../../sink/capture-file/connection-frames.ts";
import { ConnectionNotes } from "../../sink/capture-file/connection-notes.ts";
import { openOutput } from "../../sink/capture-file/output-file.ts";
import { PacketFile } from "../../sink/capture-file/packet-file.ts";
import { type ReadInputOptions, readInput } from "../../source/capture-file/read-input.ts";
import type { FormatFamily } from "../../wire/formats.ts";
import type { CapturedPacket } from "../../wire/pcap/index.ts";

export interface PacketWritingOptions {
  /** The name of the format, for messages. */
  readonly name: string;
  readonly format: "pcap" | "pcapng";
  /** Only connections that something was found on; otherwise every packet. */
  readonly filtered: boolean;
  readonly redactor: Redactor | undefined;
  /** A key log that was given beside the files: it goes into the file, before the packets. */
  readonly keyLog?: Uint8Array;
}

/** What a second look at a file needs. */
export type SecondLook = Pick<ReadInputOptions, "reassemblyLimits" | "signal"> & {
  readonly newLedger: () => Ledger;
  readonly newBudget: () => MemoryBudget;
};

/**
 * `-w FILE.pcap` and `.pcapng`: the packets of the connections that have an exchange that matched; of traces, which have no
 * packets, those that would have carried them. Which connections those are is known when the file has been read: it is
 * read a second time then. In pcapng a connection's first packet says what was found on it.
 */
export class PacketWriting {
  readonly name: string;
  readonly takes: readonly FormatFamily[] = ["pcap", "pcapng", "envoy"];
  readonly #options: PacketWritingOptions;
  readonly #file: PacketFile;
  #notes: ConnectionNotes;

  constructor(path: string, options: PacketWritingOptions) {
    this.name = options.name;
    this.#options = options;
    this.#file = new PacketFile(openOutput(path), options.format);
    this.#notes = new ConnectionNotes(options.redactor);
    if (options.keyLog !== undefined) this.#file.writeTlsSecrets(options.keyLog);
  }

  get packets(): number {
    return this.#file.packets;
  }

  matched(exchange: Exchange): void {
    this.#notes.add(exchange);
  }

  /** Reads the file again and writes what is wanted of it. */
  async finishInput(path: string, look: SecondLook): Promise<void> {
    const notes = this.#notes;
    this.#notes = new ConnectionNotes(this.#options.redactor);
    let frames: ConnectionFrames | undefined;
    const write = (packet: CapturedPacket, connection: Connection | undefined): void => {
      if (this.#options.filtered && (connection === undefined || !notes.has(connection.id))) return;
      this.#file.writeCaptured(packet, connection === undefined ? [] : notes.take(connection.id));
    };
    const observe = (event: SocketEvent): void => {
      if (this.#options.filtered && !notes.has(event.connection.id)) return;
      frames ??= new ConnectionFrames(this.#file.made, {
        handshake: true,
        comments: (connection) => notes.take(connection.id),
      });
      frames.observe(event);
    };
    let format: FormatFamily | undefined;
    await readInput(path, {
      ...look,
      ledger: look.newLedger(),
      budget: look.newBudget(),
      format: (found) => {
        format = found;
      },
      observer: { observe: (event) => (format === "envoy" ? observe(event) : undefined) },
      packet: write,
      tlsSecrets: (keyLog) => this.#file.writeTlsSecrets(keyLog),
      exchange: () => {},
      flow: () => {},
      // It was told when the file was read first.
      problem: (_: TaplineError) => {},
      drain: () => this.#file.flush(),
    });
  }

  async finish(): Promise<void> {
    await this.#file.finish();
  }

  abandon(): void {
    this.#file.abandon();
  }
}
