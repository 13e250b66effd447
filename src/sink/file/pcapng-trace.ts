import type { Connection, Timestamp } from "../../model/index.ts";
import type { CaptureEvent, CaptureTrace, TraceEvent, TraceWrapper } from "../../wire/envoy/index.ts";
import { SyntheticConnection } from "../../wire/packet/index.ts";
import { PcapngWriter } from "../../wire/pcap/index.ts";
import type { TraceFile } from "./trace-files.ts";

/**
 * A trace or a capture as packets, with a handshake, so that Wireshark follows the stream. What the trace does not have is a hole
 * in the sequence numbers, with a comment.
 */
export class PcapngTrace {
  readonly #connection: Connection;
  readonly #file: TraceFile;
  #packets: SyntheticConnection | undefined;
  #lastTime: Timestamp | undefined;
  #hasHeader = false;

  constructor(connection: Connection, file: TraceFile) {
    this.#connection = connection;
    this.#file = file;
  }

  submit(message: TraceWrapper | CaptureTrace): boolean {
    for (const event of eventsOf(message)) this.#writeEvent(event);
    // Nothing is written before the first event: until then the local address may not be known.
    return this.#packets === undefined || this.#append();
  }

  close(): void {
    const time = this.#connection.closed ?? this.#lastTime ?? this.#connection.opened;
    if (time !== undefined) this.#open(time).close(time, "fin");
    if (this.#packets !== undefined) this.#append();
    this.#file.finish();
  }

  #writeEvent(event: TraceEvent | CaptureEvent): void {
    const time = event.timestamp;
    if (time === undefined || (event.kind !== "read" && event.kind !== "write")) return;
    const packets = this.#open(time);
    const { bytes, truncated } = bodyOf(event);
    packets.data(time, event.kind, bytes, 0, bytes.length);
    if (truncated) packets.gap(event.kind, undefined, "truncated");
    if (event.endStream === true) packets.end(time, event.kind);
    this.#lastTime = time;
  }

  #open(time: Timestamp): SyntheticConnection {
    if (this.#packets === undefined) {
      const { local, remote, role, opened } = this.#connection;
      this.#packets = new SyntheticConnection(WRITER, local, remote, { handshake: true, role });
      this.#packets.open(opened ?? time);
    }
    return this.#packets;
  }

  #append(): boolean {
    if (WRITER.pending === 0) return true;
    const packets = WRITER.take();
    if (this.#hasHeader) return this.#file.append(packets);
    const withHeader = new Uint8Array(HEADER.length + packets.length);
    withHeader.set(HEADER);
    withHeader.set(packets, HEADER.length);
    this.#hasHeader = this.#file.append(withHeader);
    return this.#hasHeader;
  }
}

/** All files begin alike, so that one writer serves them all: it holds packets only within a call. */
const WRITER = new PcapngWriter({ application: "tapline" });
WRITER.addInterface({ name: "tap" });
const HEADER = WRITER.take();

function eventsOf(message: TraceWrapper | CaptureTrace): readonly (TraceEvent | CaptureEvent)[] {
  if (!("trace" in message)) return message.events;
  const { trace } = message;
  if (trace.kind === "socket-buffered") return trace.events;
  if (trace.kind !== "socket-streamed" || trace.piece === undefined) return [];
  if (trace.piece.kind === "event") return [trace.piece.event];
  return trace.piece.kind === "events" ? trace.piece.events : [];
}

function bodyOf({ data }: TraceEvent | CaptureEvent): { bytes: Uint8Array; truncated: boolean } {
  if (data === undefined) return { bytes: NO_BYTES, truncated: false };
  return data instanceof Uint8Array
    ? { bytes: data, truncated: false }
    : { bytes: data.asBytes ?? NO_BYTES, truncated: data.truncated };
}

const NO_BYTES = new Uint8Array(0);
