import { type Connection, EPOCH, formatEndpoint, Ledger, type SocketEvent, type Timestamp } from "../../model/index.ts";
import type { TraceFacts } from "../../tap/index.ts";
import type { HttpBufferedTrace, HttpStreamedTraceSegment } from "../../wire/envoy/index.ts";
import { HttpConversations } from "../../wire/envoy/replay/http-conversations.ts";
import { initialSequence, SyntheticConnection } from "../../wire/packet/index.ts";
import { PACKETS } from "./file-frame.ts";

/**
 * An HTTP trace as the packets of the HTTP/1 conversation that would have carried it, written to `PACKETS`.
 *
 * In a file of many traces each has a client port of its own, with the true one in a comment: requests of one connection,
 * which may overlap in HTTP/2, would otherwise be one stream to Wireshark.
 */
export class HttpPackets {
  readonly #connection: Connection;
  readonly #ordinal: number | undefined;
  readonly #conversations: HttpConversations;
  #packets: SyntheticConnection | undefined;
  #time: Timestamp | undefined;

  /** @param ordinal which trace of the file it is; absent where it is the only one */
  constructor(connection: Connection, ordinal: number | undefined) {
    this.#connection = connection;
    this.#ordinal = ordinal;
    // The tap books what it records, and the file what is written.
    const ledger = new Ledger();
    const output = { handler: (event: SocketEvent) => this.#write(event), payload: ledger.book("payload") };
    this.#conversations = new HttpConversations(output, { events: ledger.book("events") });
  }

  push(trace: HttpBufferedTrace | HttpStreamedTraceSegment, { time, exchange }: TraceFacts): void {
    if (trace.kind === "http-streamed") {
      this.#time = time;
      this.#conversations.segment(trace);
      return;
    }
    const times = exchange?.().times;
    this.#conversations.buffered({
      ...trace,
      ...(trace.request && { request: withTime(trace.request, times?.requestStart ?? time) }),
      ...(trace.response && { response: withTime(trace.response, times?.responseStart ?? time) }),
    });
  }

  end(): void {
    this.#conversations.end();
  }

  #write(event: SocketEvent): void {
    this.#packets ??= this.#open();
    const timed = this.#time === undefined ? event : { ...event, time: this.#time };
    if (timed.kind === "close") this.#packets.close(timed.time, "fin");
    else this.#packets.observe(timed);
  }

  #open(): SyntheticConnection {
    const { id, local, remote } = this.#connection;
    const ordinal = this.#ordinal ?? 0;
    // Ports come again.
    const options = { handshake: true, ordinal, initialSequence: initialSequence(Math.floor(ordinal / PORTS)) };
    if (this.#ordinal === undefined || remote?.kind !== "ip")
      return new SyntheticConnection(PACKETS, local, remote, options);
    return new SyntheticConnection(
      PACKETS,
      local,
      { ...remote, port: FIRST_PORT + (ordinal % PORTS) },
      { ...options, comments: [`connection ${id}, client ${formatEndpoint(remote)}`] },
    );
  }
}

/** Among the ports that clients get (RFC 6335 §6, and those below that Linux gives too). */
const FIRST_PORT = 10_000;
const PORTS = 65_536 - FIRST_PORT;

function withTime<Message extends { readonly headersReceivedTime?: Timestamp }>(
  message: Message,
  time: Timestamp | undefined,
): Message {
  return { ...message, headersReceivedTime: message.headersReceivedTime ?? time ?? EPOCH };
}
