import type {
  Direction,
  Endpoint,
  LedgerReason,
  Role,
  SocketClosed,
  SocketEvent,
  Timestamp,
} from "../../../model/index.ts";
import type { PacketFacts, PacketWriter } from "../../pcap/packet-writer.ts";
import { parseIpAddress } from "../ip-address.ts";
import { TcpFlag } from "../protocol-numbers.ts";
import { type SegmentFields, TcpFrameBuilder } from "./tcp-frame-builder.ts";

export interface SyntheticConnectionOptions {
  /**
   * Adds what a real connection has: SYN, SYN-ACK, ACK before the first data, PSH, FIN or RST at the end, and segments of at
   * most `maxSegment`, so that Wireshark follows the stream. Without it there is one segment an event with nothing but ACK
   * set, as tap2pcap makes them. Default false.
   */
  readonly handshake?: boolean;
  /** The role of `local`; the client sends the SYN. Default `server`. */
  readonly role?: Role;
  /**
   * The longest payload of a segment. Default, with a handshake, what fits an MTU of 1500; without, what fits an IP packet
   * (65 495 bytes in IPv4, 65 515 in IPv6), and no more than that in any case: longer data is split.
   */
  readonly maxSegment?: number;
  /** Tells connections apart whose ends have no port (Unix sockets, ends that are not known). Default 0. */
  readonly ordinal?: number;
  /**
   * Bytes known to be missing leave nothing: what follows them stands where they were, as tap2pcap writes it. Default false.
   */
  readonly seamless?: boolean;
  /** The first sequence number of both directions: another one where the same ends had a connection before. Default 0. */
  readonly initialSequence?: number;
  /** The interface of the capture file. Default its first. */
  readonly interfaceId?: number;
  /** Put on the first frame, where the format has comments. */
  readonly comments?: readonly string[];
}

/**
 * Turns what happened on a connection's socket into the frames that would have carried it. `read` is what the remote end
 * sent, `write` what the local end sent. Bytes known to be missing leave a hole in the sequence numbers, so that Wireshark
 * shows them as missing, and a comment on the frame after it.
 *
 * The frames are those of Wireshark's text2pcap (`TcpFrameBuilder`). An end that is no IP address and port becomes a loopback
 * address (`hasOwnAddress`); where only one is IPv6 the other is mapped into it. Sequence numbers wrap.
 */
export class SyntheticConnection {
  readonly #writer: PacketWriter;
  readonly #options: SyntheticConnectionOptions;
  readonly #fields: SegmentFields = { sequence: 0, acknowledgment: 0, flags: 0, window: WINDOW, options: NO_BYTES };
  readonly #read: Flow;
  readonly #write: Flow;
  readonly #maxSegment: number;
  #comments: readonly string[];
  #opened = false;
  #firstEnded: Flow | undefined;
  #closed = false;

  constructor(
    writer: PacketWriter,
    local: Endpoint | undefined,
    remote: Endpoint | undefined,
    options: SyntheticConnectionOptions = {},
  ) {
    this.#writer = writer;
    this.#options = options;
    const [localEnd, remoteEnd] = resolveEnds(local, remote, options.ordinal ?? 0);
    this.#read = new Flow("inbound", remoteEnd, localEnd, options.interfaceId);
    this.#write = new Flow("outbound", localEnd, remoteEnd, options.interfaceId);
    this.#read.next = this.#write.next = options.initialSequence ?? 0;
    const isIpv6 = localEnd.address.length === 16;
    const usual = options.handshake === true ? (isIpv6 ? 1440 : 1460) : Number.POSITIVE_INFINITY;
    this.#maxSegment = Math.max(1, Math.min(options.maxSegment ?? usual, this.#read.builder.maxPayload));
    this.#comments = options.comments ?? [];
  }

  /** Any event of the connection; the methods below, by its kind. */
  observe(event: SocketEvent): void {
    if (event.kind === "open") this.open(event.time);
    else if (event.kind === "gap") this.gap(event.direction, event.size, event.reason);
    else if (event.kind === "close") this.close(event.time, event.how);
    else {
      this.data(event.time, event.direction, event.data, 0, event.data.length);
      if (event.truncated === true) this.gap(event.direction, event.missing, "truncated");
      if (event.endStream === true) this.end(event.time, event.direction);
    }
  }

  /** The three segments of the handshake, where that was asked for. The first data does it where it was not called. */
  open(time: Timestamp): void {
    if (this.#opened || this.#options.handshake !== true) return;
    this.#opened = true;
    const client = this.#options.role === "client" ? this.#write : this.#read;
    const server = client === this.#read ? this.#write : this.#read;
    this.#fields.options = synOptions(this.#maxSegment);
    this.#send(time, client, TcpFlag.SYN, NO_BYTES, 0, 0);
    client.next++;
    this.#send(time, server, TcpFlag.SYN | TcpFlag.ACK, NO_BYTES, 0, 0);
    server.next++;
    this.#fields.options = NO_BYTES;
    this.#send(time, client, TcpFlag.ACK, NO_BYTES, 0, 0);
  }

  /** `bytes[start, end)` moved; no bytes make no segment. */
  data(time: Timestamp, direction: Direction, bytes: Uint8Array, start: number, end: number): void {
    this.open(time);
    const flow = this.#flow(direction);
    for (let from = start; from < end; ) {
      const to = Math.min(end, from + this.#maxSegment);
      const push = this.#options.handshake === true && to === end ? TcpFlag.PSH : 0;
      this.#send(time, flow, TcpFlag.ACK | push, bytes, from, to);
      flow.next += to - from;
      from = to;
    }
  }

  /**
   * `size` bytes are missing here. Where their number is not known, one is: enough for Wireshark to show the place. A seamless
   * connection leaves it out.
   * @param reason in the ledger's words
   */
  gap(direction: Direction, size: number | undefined, reason: LedgerReason): void {
    if (this.#options.seamless === true) return;
    const flow = this.#flow(direction);
    flow.next += size ?? 1;
    flow.pendingComments.push(
      size === undefined
        ? `an unknown number of bytes is missing before this packet (${reason})`
        : `${size} bytes are missing before this packet (${reason})`,
    );
  }

  /** That direction's sender half-closed. */
  end(time: Timestamp, direction: Direction): void {
    const flow = this.#flow(direction);
    if (flow.ended || this.#options.handshake !== true) return;
    this.open(time);
    this.#send(time, flow, TcpFlag.FIN | TcpFlag.ACK, NO_BYTES, 0, 0);
    flow.next++;
    flow.ended = true;
    this.#firstEnded ??= flow;
  }

  /** The connection is gone. What is missing at the end of a direction is shown by an empty segment behind it. */
  close(time: Timestamp, how: SocketClosed["how"]): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const flow of [this.#write, this.#read])
      if (flow.pendingComments.length > 0 && !(how === "fin" && this.#options.handshake === true && !flow.ended))
        this.#send(time, flow, TcpFlag.ACK, NO_BYTES, 0, 0);
    if (this.#options.handshake !== true) return;
    if (how === "reset") {
      this.open(time);
      this.#send(time, this.#write, TcpFlag.RST | TcpFlag.ACK, NO_BYTES, 0, 0);
    } else if (how === "fin") {
      this.end(time, "write");
      this.end(time, "read");
      // Whoever ended first acknowledges the other's end.
      this.#send(time, this.#firstEnded ?? this.#write, TcpFlag.ACK, NO_BYTES, 0, 0);
    }
  }

  #flow(direction: Direction): Flow {
    return direction === "read" ? this.#read : this.#write;
  }

  #send(time: Timestamp, flow: Flow, flags: number, bytes: Uint8Array, start: number, end: number): void {
    const fields = this.#fields;
    fields.sequence = flow.next;
    fields.acknowledgment = (flags & TcpFlag.ACK) === 0 ? 0 : (flow === this.#read ? this.#write : this.#read).next;
    fields.flags = flags;
    const frameEnd = flow.builder.build(fields, bytes, start, end);
    const { frame, FRAME_START } = TcpFrameBuilder;
    this.#writer.writePacket(time, frame, FRAME_START, frameEnd, frameEnd - FRAME_START, this.#takeFacts(flow));
  }

  #takeFacts(flow: Flow): PacketFacts {
    if (this.#comments.length === 0 && flow.pendingComments.length === 0) return flow.facts;
    const comments = [...this.#comments, ...flow.pendingComments];
    this.#comments = [];
    flow.pendingComments = [];
    return { ...flow.facts, comments };
  }
}

/** A first sequence number for the n-th connection of the same ends: it is no retransmission of those before. 0 for the 0th. */
export function initialSequence(n: number): number {
  return Math.imul(n, GOLDEN_RATIO) >>> 0;
}

/** Multiples of it, modulo 2^32, lie far from each other. */
const GOLDEN_RATIO = 0x9e3779b1;

/** Whether frames can say who an end is: an IP address and a port are in them as they are, but for an address's zone. */
export function hasOwnAddress(end: Endpoint | undefined): boolean {
  return resolveEnd(end) !== undefined;
}

/** One direction: its headers, and the sequence number that comes next. */
class Flow {
  readonly builder: TcpFrameBuilder;
  readonly facts: PacketFacts;
  next = 0;
  ended = false;
  pendingComments: string[] = [];

  constructor(direction: "inbound" | "outbound", source: End, destination: End, interfaceId: number | undefined) {
    this.facts = { direction, ...(interfaceId === undefined ? {} : { interfaceId }) };
    this.builder = new TcpFrameBuilder({
      sourceMac: direction === "inbound" ? REMOTE_MAC : LOCAL_MAC,
      destinationMac: direction === "inbound" ? LOCAL_MAC : REMOTE_MAC,
      sourceAddress: source.address,
      destinationAddress: destination.address,
      sourcePort: source.port,
      destinationPort: destination.port,
    });
  }
}

interface End {
  address: Uint8Array;
  port: number;
}

const NO_BYTES = new Uint8Array(0);
const WINDOW = 0x2000;
/** text2pcap's: " RECV" and " SEND". */
const LOCAL_MAC = Uint8Array.of(0x20, 0x52, 0x45, 0x43, 0x56, 0x00);
const REMOTE_MAC = Uint8Array.of(0x20, 0x53, 0x45, 0x4e, 0x44, 0x00);

/** The ends as addresses of one family and ports. */
function resolveEnds(local: Endpoint | undefined, remote: Endpoint | undefined, ordinal: number): [End, End] {
  const localEnd = resolveEnd(local) ?? { address: Uint8Array.of(127, 0, 0, 1), port: 1 };
  // Further connections than there are ports go on in the next loopback addresses.
  const remoteEnd = resolveEnd(remote) ?? {
    address: Uint8Array.of(127, 0, Math.floor(ordinal / STAND_IN_PORTS) & 0xff, 2),
    port: 1024 + (ordinal % STAND_IN_PORTS),
  };
  if (localEnd.address.length !== remoteEnd.address.length) {
    localEnd.address = mapIntoIpv6(localEnd.address);
    remoteEnd.address = mapIntoIpv6(remoteEnd.address);
  }
  return [localEnd, remoteEnd];
}

const STAND_IN_PORTS = 0x1_0000 - 1024;

function resolveEnd(endpoint: Endpoint | undefined): End | undefined {
  if (endpoint?.kind !== "ip" || endpoint.port > 0xffff) return undefined;
  const address = parseIpAddress(withoutZone(endpoint.address));
  return address === undefined ? undefined : { address, port: endpoint.port };
}

/** Turns `fe80::1%eth0` into `fe80::1` (RFC 4007 section 11): packets have no room for the zone. */
function withoutZone(address: string): string {
  const zone = address.indexOf("%");
  return zone < 0 ? address : address.slice(0, zone);
}

function mapIntoIpv6(address: Uint8Array): Uint8Array {
  if (address.length === 16) return address;
  const mapped = new Uint8Array(16);
  mapped[10] = 0xff;
  mapped[11] = 0xff;
  mapped.set(address, 12);
  return mapped;
}

/** Maximum segment size, and a window scale of 14 so that no segment seems to fill the window. */
function synOptions(maxSegment: number): Uint8Array {
  return Uint8Array.of(2, 4, maxSegment >>> 8, maxSegment & 0xff, 3, 3, 14, 1);
}
