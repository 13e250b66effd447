import { type Connection, type Exchange, type SocketEvent, type Submission, TaplineError } from "../../model/index.ts";
import { readInput } from "../../source/capture-file/read-input.ts";
import type { FormatFamily } from "../../wire/format.ts";
import type { CapturedPacket } from "../../wire/pcap/index.ts";
import { ConnectionFragments } from "./connection-fragments.ts";
import { ConnectionFrames } from "./connection-frames.ts";
import { ConnectionNotes } from "./connection-notes.ts";
import type { MatchedFile, SecondLook } from "./matched-file.ts";
import { openOutput } from "./output-file.ts";
import { PacketFile } from "./packet-file.ts";

export interface PacketWritingOptions {
  /** The name of the format, for messages. */
  readonly name: string;
  readonly format: "pcap" | "pcapng";
  /** Only connections that something was found on; otherwise every packet. */
  readonly filtered: boolean;
  /** A key log that was given beside the files: it goes into the file, before the packets. */
  readonly keyLog?: Uint8Array;
  /** How many fragments of one file are remembered, of all connections; default 2 097 152. Others are not written, which is told. */
  readonly maxFragments?: number;
}

/**
 * `-w FILE.pcap` and `.pcapng`: the packets of the connections that have an exchange that matched; of traces, which have no
 * packets, those that would have carried them. Which connections those are is known when the file has been read: it is
 * read a second time then. In pcapng a connection's first packet says what was found on it.
 */
export class PacketWriting implements MatchedFile {
  readonly name: string;
  readonly takes: readonly FormatFamily[] = ["pcap", "pcapng", "envoy"];
  readonly #options: PacketWritingOptions;
  readonly #file: PacketFile;
  #notes: ConnectionNotes;
  #fragments: ConnectionFragments;
  #isClosed = false;

  constructor(path: string, options: PacketWritingOptions) {
    this.name = options.name;
    this.#options = options;
    this.#file = new PacketFile(openOutput(path), options.format);
    this.#notes = new ConnectionNotes();
    this.#fragments = new ConnectionFragments(options.maxFragments);
    if (options.keyLog !== undefined) this.#file.writeTlsSecrets(options.keyLog);
  }

  get packets(): number {
    return this.#file.packets;
  }

  /** Remembers what was found on the exchange's connection. */
  submit(exchange: Exchange): Submission {
    this.#notes.add(exchange);
    return "taken";
  }

  fragments(connection: Connection, ordinals: readonly number[]): void {
    if (this.#options.filtered) this.#fragments.add(connection, ordinals);
  }

  async whenReady(): Promise<void> {}

  async flush(): Promise<void> {}

  async finishInput(paths: readonly string[], look: SecondLook): Promise<void> {
    const notes = this.#notes;
    this.#notes = new ConnectionNotes();
    const fragments = this.#fragments.select((id) => notes.has(id));
    const { forgotten } = this.#fragments;
    this.#fragments = new ConnectionFragments(this.#options.maxFragments);
    if (forgotten > 0) look.problem(describeForgotten(paths[0]!, forgotten));
    let ordinal = 0;
    let nextFragment = 0;
    let frames: ConnectionFrames | undefined;
    const write = (packet: CapturedPacket, connection: Connection | undefined): void => {
      const isFragment = fragments[nextFragment] === ordinal++;
      if (isFragment) nextFragment++;
      if (this.#options.filtered && !isFragment && (connection === undefined || !notes.has(connection.id))) return;
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
    const untimed = this.#file.untimed;
    let format: FormatFamily | undefined;
    await readInput(paths, {
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
    if (this.#file.untimed > untimed) look.note(describeUntimed(paths[0]!, this.#file.untimed - untimed));
  }

  /** The file is whole. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#file.finish();
  }

  abandon(): void {
    this.#file.abandon();
  }
}

function describeUntimed(file: string, packets: number): TaplineError {
  return new TaplineError(
    "input",
    `${packets} packets have no time, or one that the file cannot hold: written as of 1970`,
    {
      place: { file },
    },
  );
}

function describeForgotten(file: string, fragments: number): TaplineError {
  return new TaplineError(
    "limit",
    `${fragments} fragments are more than are remembered: what matched of them is not written`,
    {
      place: { file },
      hint: "split the capture (editcap -c)",
    },
  );
}
