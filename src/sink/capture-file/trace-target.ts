import { addNanos, type Ledger, type Timestamp } from "../../model/index.ts";
import { SocketEventMapper, type TraceRecord, type TraceWriterOptions } from "../../wire/envoy/index.ts";
import type { PacketRow, TraceRow } from "../../wire/format.ts";
import type { PacketFacts, PacketWriter } from "../../wire/pcap/index.ts";
import { ConnectionFrames } from "./connection-frames.ts";

/** A target that records of traces are written to: bytes that gather until they are taken. */
export interface TraceTarget {
  /** Records from now on come from this input. */
  beginInput(input: { readonly name: string; readonly modified?: Timestamp | undefined }): void;
  write(record: TraceRecord): void;
  endInput(): void;
  /** Takes the gathered bytes, in order. */
  take(): Uint8Array[];
}

export interface PacketTargetOptions {
  readonly handshake: boolean;
  readonly maxSegment?: number;
  /** See `SyntheticConnectionOptions`. */
  readonly seamless?: boolean;
  /**
   * Keeps times to the nanosecond, where the format has them. Otherwise they are cut to the microsecond, as tap2pcap does; those
   * of captures are rounded in classic pcap files, as capture2pcap did.
   */
  readonly nanoseconds: boolean;
  /** Prefix of the books' names, where others count the same events as they are read. */
  readonly bookPrefix?: string;
}

/** Packets: classic pcap in microseconds or nanoseconds, or pcapng. Books: `events`, `payload` (see SocketEventMapper). */
export function createPacketTarget(ledger: Ledger, format: PacketRow, options: PacketTargetOptions): TraceTarget {
  const { nanoseconds, bookPrefix = "", ...frameOptions } = options;
  const writer = format.encode();
  const cut = nanoseconds ? undefined : new MicrosecondWriter(writer);
  const frames = new ConnectionFrames(cut ?? writer, frameOptions);
  const chunks: Uint8Array[] = [];
  let mapper: SocketEventMapper | undefined;
  return {
    beginInput({ name, modified }) {
      mapper = new SocketEventMapper((event) => frames.observe(event), {
        source: name,
        events: ledger.book(`${bookPrefix}events`),
        payload: ledger.book(`${bookPrefix}payload`),
        ...(modified === undefined ? {} : { fallbackTime: modified }),
      });
    },
    write(record) {
      if (cut !== undefined) cut.rounds = format.name === "pcap" && record.kind === "capture";
      mapper?.map(record);
      if (writer.pending >= CHUNK_BYTES) chunks.push(writer.take());
    },
    endInput() {
      mapper?.end();
      mapper = undefined;
    },
    take() {
      if (writer.pending > 0) chunks.push(writer.take());
      return chunks.splice(0);
    },
  };
}

/** Traces in another format. Book: `messages`. */
export function createTraceTarget(
  ledger: Ledger,
  format: TraceRow,
  options: Omit<TraceWriterOptions, "format"> = {},
): TraceTarget {
  const writer = format.encode(options);
  const messages = ledger.book("messages");
  const chunks: Uint8Array[] = [];
  return {
    beginInput() {},
    write(record) {
      const written = writer.write(record);
      if (typeof written !== "string") chunks.push(written);
      if (record.more) return;
      messages.enter(1);
      if (typeof written === "string") messages.settleDropped(written, 1);
      else messages.settleHandled(1);
    },
    endInput() {},
    take: () => chunks.splice(0),
  };
}

/** A little less than what the writers hold without growing. */
const CHUNK_BYTES = 60 * 1024;

/** Cuts times to the microsecond, as tap2pcap does; or rounds them, as capture2pcap did in its time. */
class MicrosecondWriter implements PacketWriter {
  readonly #writer: PacketWriter;
  rounds = false;

  constructor(writer: PacketWriter) {
    this.#writer = writer;
  }

  writePacket(
    exact: Timestamp,
    bytes: Uint8Array,
    start: number,
    end: number,
    originalLength: number,
    facts?: PacketFacts,
  ): void {
    const { seconds, nanos } = this.rounds ? addNanos(exact, 500) : exact;
    const time = { seconds, nanos: nanos - (nanos % 1000) };
    this.#writer.writePacket(time, bytes, start, end, originalLength, facts);
  }
}
