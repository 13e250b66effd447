import type { Connection, Submission, Timestamp } from "../../model/index.ts";
import type { TraceFacts } from "../../tap/index.ts";
import type { CaptureEvent, CaptureTrace, TraceEvent, TraceWrapper } from "../../wire/envoy/index.ts";
import { initialSequence, SyntheticConnection } from "../../wire/packet/index.ts";
import { PACKETS } from "./file-frame.ts";
import { HttpPackets } from "./http-packets.ts";
import type { TraceOutput } from "./trace-output.ts";

/**
 * A trace or a capture as packets, with a handshake, so that Wireshark follows the stream. What the trace does not have is a hole
 * in the sequence numbers, with a comment.
 */
export class PcapngTrace {
  readonly #connection: Connection;
  readonly #output: TraceOutput;
  readonly #ordinal: number | undefined;
  #packets: SyntheticConnection | undefined;
  #http: HttpPackets | undefined;
  #lastTime: Timestamp | undefined;

  /** @param ordinal which trace of the file it is, where there are several (see `HttpPackets`) */
  constructor(connection: Connection, output: TraceOutput, ordinal?: number) {
    this.#connection = connection;
    this.#output = output;
    this.#ordinal = ordinal;
  }

  submit(message: TraceWrapper | CaptureTrace, facts: TraceFacts = {}): Submission {
    if ("trace" in message && (message.trace.kind === "http-buffered" || message.trace.kind === "http-streamed")) {
      this.#http ??= new HttpPackets(this.#connection, this.#ordinal);
      this.#http.push(message.trace, facts);
      return this.#append();
    }
    for (const event of eventsOf(message)) this.#writeEvent(event);
    // Nothing is written before the first event: until then the local address may not be known.
    return this.#packets === undefined ? "taken" : this.#append();
  }

  close(): void {
    if (this.#http === undefined) this.#closeConnection();
    else this.#http.end();
    this.#append();
    this.#output.finish();
  }

  #closeConnection(): void {
    const time = this.#connection.closed ?? this.#lastTime ?? this.#connection.opened;
    if (time !== undefined) this.#open(time).close(time, "fin");
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
      this.#packets = new SyntheticConnection(PACKETS, local, remote, {
        handshake: true,
        role,
        // Another connection in the file may have had the same ends.
        initialSequence: initialSequence(this.#ordinal ?? 0),
      });
      this.#packets.open(opened ?? time);
    }
    return this.#packets;
  }

  #append(): Submission {
    return PACKETS.pending === 0 ? "taken" : this.#output.append(PACKETS.take());
  }
}

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
