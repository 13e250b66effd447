import assert from "node:assert/strict";
import { PacketReassembler, type ReassemblyLimits } from "../../src/analysis/reassembly/index.ts";
import { Ledger, MemoryBudget, type SocketEvent } from "../../src/model/index.ts";
import { parseIpAddress, TcpFlag, TcpFrameBuilder } from "../../src/wire/packet/index.ts";
import { CapturedPacket, LinkType } from "../../src/wire/pcap/index.ts";

/** One segment between a client (10.0.0.2:5555) and a server (10.0.0.1:80), as a capture has it. */
export interface Segment {
  readonly from: "C" | "S";
  /** Letters of S F R P A. */
  readonly flags: string;
  readonly sequence: number;
  readonly acknowledgment?: number;
  readonly data?: Uint8Array | string;
  /** So many bytes of the data are cut off by the snap length. */
  readonly cut?: number;
  readonly seconds?: number;
  readonly clientPort?: number;
}

/** `C SA 100 200 text`: the sender, flags, sequence number, acknowledgment, data; `@5` before it is the second. */
export function parseSegment(line: string): Segment {
  const match = /^(?:@(\d+) )?([CS]) ([SFRPA]+|-) (\d+)(?: (\d+))?(?: (\S+?))?(?: cut (\d+))?$/.exec(line);
  assert.ok(match !== null, `not a segment: ${line}`);
  const [, seconds, from, flags, sequence, acknowledgment, data, cut] = match;
  return {
    from: from as "C" | "S",
    flags: flags!,
    sequence: Number(sequence),
    acknowledgment: Number(acknowledgment ?? 0),
    data: data ?? "",
    cut: Number(cut ?? 0),
    seconds: Number(seconds ?? 0),
  };
}

const CLIENT = parseIpAddress("10.0.0.2")!;
const SERVER = parseIpAddress("10.0.0.1")!;
const MAC = new Uint8Array(6);

/** The Ethernet frame of a segment, without padding; what is cut off is not there. */
export function frameOf(segment: Segment): Uint8Array {
  const fromClient = segment.from === "C";
  const clientPort = segment.clientPort ?? 5555;
  const builder = new TcpFrameBuilder({
    sourceMac: MAC,
    destinationMac: MAC,
    sourceAddress: fromClient ? CLIENT : SERVER,
    destinationAddress: fromClient ? SERVER : CLIENT,
    sourcePort: fromClient ? clientPort : 80,
    destinationPort: fromClient ? 80 : clientPort,
  });
  const data =
    typeof segment.data === "string" ? new TextEncoder().encode(segment.data) : (segment.data ?? MAC.subarray(6));
  let flags = 0;
  for (const letter of segment.flags.replace("-", "")) flags |= FLAGS[letter]!;
  const fields = {
    sequence: segment.sequence,
    acknowledgment: segment.acknowledgment ?? 0,
    flags,
    window: 1,
    options: NONE,
  };
  builder.build(fields, data, 0, data.length);
  const start = TcpFrameBuilder.FRAME_START;
  return TcpFrameBuilder.frame.slice(start, start + 54 + data.length - (segment.cut ?? 0));
}

const NONE = new Uint8Array(0);
const FLAGS: Readonly<Record<string, number>> = {
  S: TcpFlag.SYN,
  F: TcpFlag.FIN,
  R: TcpFlag.RST,
  P: TcpFlag.PSH,
  A: TcpFlag.ACK,
};

/** Runs frames through a reassembler, and checks what must hold whatever they are. */
export class Reassembly {
  readonly events: SocketEvent[] = [];
  readonly reassembler: PacketReassembler;
  readonly #packet = new CapturedPacket();
  #bytes = 0;
  #packets = 0;

  constructor(limits: Partial<ReassemblyLimits> = {}, budget = new MemoryBudget(1e9)) {
    const observe = (event: SocketEvent) => {
      // Borrowed bytes are kept as a copy.
      this.events.push(event.kind === "data" ? { ...event, data: event.data.slice() } : event);
    };
    this.reassembler = new PacketReassembler({ observer: { observe }, ledger: new Ledger(), budget, limits });
  }

  /** Each packet has a moment of its own, unless `nanos` says otherwise. */
  push(frame: Uint8Array, seconds = 0, linkType: number = LinkType.ETHERNET, nanos: number = this.#packets): void {
    const packet = this.#packet;
    // It stands somewhere in what was read of the capture.
    packet.bytes = new Uint8Array(IN_FRONT + frame.length + 3).fill(0xee);
    packet.bytes.set(frame, IN_FRONT);
    packet.start = IN_FRONT;
    packet.end = IN_FRONT + frame.length;
    packet.seconds = seconds;
    packet.nanos = nanos;
    packet.interface = { id: 0, linkType, snapLength: 0 };
    this.#bytes += frame.length;
    this.#packets++;
    this.reassembler.push(packet);
  }

  /** One whose time is unknown. */
  pushUntimed(frame: Uint8Array, linkType: number = LinkType.ETHERNET): void {
    const { seconds, nanos } = this.#packet;
    this.#packet.hasTime = false;
    this.push(frame, seconds, linkType, nanos);
    this.#packet.hasTime = true;
  }

  pushSegment(segment: Segment): void {
    this.push(frameOf(segment), segment.seconds ?? 0);
  }

  finish(note = ""): SocketEvent[] {
    const { reassembler } = this;
    reassembler.finish();
    const ledger = reassembler.ledger.format().join("\n");
    assert.ok(reassembler.ledger.balanced, `${note}\n${ledger}`);
    const [packets, bytes] = [reassembler.ledger.book("packets"), reassembler.ledger.book("packet-bytes")];
    assert.deepEqual([packets.entered, packets.buffered], [this.#packets, 0], note);
    assert.deepEqual([bytes.entered, bytes.buffered], [this.#bytes, 0], `${note}\n${ledger}`);
    assert.equal(bytes.handled, sumData(this.events), note);
    assert.equal(reassembler.budget.used, 0, note);
    assertInOrder(this.events, note);
    return this.events;
  }
}

/** So many bytes of others stand in front of each packet. */
const IN_FRONT = 5;

function sumData(events: readonly SocketEvent[]): number {
  return events.reduce((sum, event) => sum + (event.kind === "data" ? event.data.length : 0), 0);
}

/** Each direction's events follow on one another, and nothing follows the end. */
function assertInOrder(events: readonly SocketEvent[], note: string): void {
  const offsets = new Map<string, number>();
  const over = new Set<unknown>();
  for (const event of events) {
    assert.ok(!over.has(event.connection), `${note}: ${event.kind} after the close`);
    if (event.kind === "close") over.add(event.connection);
    if (event.kind !== "data" && event.kind !== "gap") continue;
    const key = `${event.connection.id} ${event.direction}`;
    assert.equal(event.offset, offsets.get(key) ?? 0, note);
    const size = event.kind === "data" ? event.data.length : event.size!;
    assert.ok(event.kind === "data" || size > 0, note);
    offsets.set(key, event.kind === "data" && event.endStream === true ? Number.NaN : event.offset + size);
  }
}

/** One line an event: `open`, `read 0 text`, `read 5 - end`, `gap read 5+3 lost-segment`, `close fin`; with the connection's number from the second on. */
export function describeEvents(events: readonly SocketEvent[]): string[] {
  return events.map((event) => {
    const prefix = event.connection.id === 1n ? "" : `#${event.connection.id} `;
    if (event.kind === "open") return `${prefix}open`;
    if (event.kind === "close") return `${prefix}close ${event.how}${event.by === undefined ? "" : ` by ${event.by}`}`;
    if (event.kind === "gap") return `${prefix}gap ${event.direction} ${event.offset}+${event.size} ${event.reason}`;
    const text = event.data.length === 0 ? "-" : new TextDecoder().decode(event.data);
    return `${prefix}${event.direction} ${event.offset} ${text}${event.endStream === true ? " end" : ""}`;
  });
}
