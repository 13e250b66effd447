import { Analyzer } from "../../src/analysis/analyzer.ts";
import { PacketReassembler, type ReassemblyCounters } from "../../src/analysis/reassembly/index.ts";
import type { Exchange } from "../../src/model/index.ts";
import { CapturedPacket, LinkType } from "../../src/wire/pcap/index.ts";
import type { Random } from "./random.ts";
import { frameOf, type Segment } from "./tcp-script.ts";

export interface ConversationShape {
  readonly pairs: number;
  /** How many requests are sent before their responses are waited for. */
  readonly pipelined: number;
  /** It sends one more as soon as one of these is answered, not only when all are: at random. */
  readonly overlaps?: boolean;
  /** The client acknowledges responses with packets of their own. */
  readonly acknowledges: boolean;
  /** Each request offers HTTP/2 in the clear, as Java's client does; the server goes on in HTTP/1. */
  readonly offersUpgrade?: boolean;
}

/** The packet of a capture, and the messages whose bytes it carries: `q3` is the fourth request, `r3` its response. */
export interface NumberedSegment extends Segment {
  readonly carries?: string;
}

/** One connection's packets, in the order in which they were sent; each response names its request in `X-For`. */
export function conversePackets(random: Random, clientPort: number, shape: ConversationShape): NumberedSegment[] {
  const next = { C: random.below(2 ** 32), S: random.below(2 ** 32) };
  const segments: NumberedSegment[] = [
    { from: "C", flags: "S", sequence: next.C++, clientPort },
    { from: "S", flags: "SA", sequence: next.S++, acknowledgment: next.C, clientPort },
    { from: "C", flags: "A", sequence: next.C, acknowledgment: next.S, clientPort },
  ];
  const send = (from: "C" | "S", text: string, carries: string): void => {
    for (let at = 0; at < text.length; ) {
      const data = text.slice(at, at + 1 + random.below(1460));
      at += data.length;
      const acknowledgment = next[from === "C" ? "S" : "C"];
      segments.push({ from, flags: "A", sequence: next[from], acknowledgment, data, clientPort, carries });
      next[from] = (next[from] + data.length) % 2 ** 32;
    }
  };
  const acknowledge = (from: "C" | "S"): void => {
    const acknowledgment = next[from === "C" ? "S" : "C"];
    segments.push({ from, flags: "A", sequence: next[from], acknowledgment, clientPort });
  };
  if (shape.overlaps === true)
    for (let [asked, answered] = [0, 0]; answered < shape.pairs; ) {
      const mayAsk = asked < shape.pairs && asked - answered < shape.pipelined;
      if (mayAsk && (asked === answered || random.chance(2)))
        send("C", requestText(random, asked, shape), `q${asked++}`);
      else {
        send("S", responseText(random, answered), `r${answered++}`);
        if (shape.acknowledges && random.chance(2)) acknowledge("C");
      }
    }
  for (let first = 0; first < shape.pairs && shape.overlaps !== true; first += shape.pipelined) {
    const burst = Array.from({ length: Math.min(shape.pipelined, shape.pairs - first) }, (_, i) => first + i);
    for (const number of burst) send("C", requestText(random, number, shape), `q${number}`);
    if (random.chance(3)) acknowledge("S");
    for (const number of burst) send("S", responseText(random, number), `r${number}`);
    if (shape.acknowledges) acknowledge("C");
  }
  for (const from of ["C", "S"] as const)
    segments.push({
      from,
      flags: "FA",
      sequence: next[from]++,
      acknowledgment: next[from === "C" ? "S" : "C"],
      clientPort,
    });
  return segments;
}

function requestText(random: Random, number: number, { offersUpgrade = false }: ConversationShape): string {
  const body = random.chance(4) ? "q".repeat(1 + random.below(3000)) : "";
  const length = body === "" ? "" : `Content-Length: ${body.length}\r\n`;
  return `${body === "" ? "GET" : "POST"} /${number} HTTP/1.1\r\nHost: h\r\n${offersUpgrade ? UPGRADE : ""}${length}\r\n${body}`;
}

const UPGRADE = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAB\r\n";

function responseText(random: Random, number: number): string {
  const body = "r".repeat(random.below(5000));
  const head = `HTTP/1.1 200 OK\r\nX-For: ${number}\r\n`;
  if (!random.chance(3)) return `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
  const chunks = body.match(/.{1,700}/g) ?? [];
  return `${head}Transfer-Encoding: chunked\r\n\r\n${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("")}0\r\n\r\n`;
}

/** The exchanges that the analysis finds in packets, a millisecond after one another. */
export function understandPackets(segments: readonly Segment[]): {
  exchanges: Exchange[];
  counters: ReassemblyCounters;
} {
  const exchanges: Exchange[] = [];
  const analyzer = new Analyzer({ emit: (exchange) => exchanges.push(exchange) });
  const reassembler = new PacketReassembler({ observer: analyzer });
  const packet = new CapturedPacket();
  packet.interface = { id: 0, linkType: LinkType.ETHERNET, snapLength: 0 };
  segments.forEach((segment, i) => {
    packet.bytes = frameOf(segment);
    packet.start = 0;
    packet.end = packet.bytes.length;
    packet.seconds = Math.floor(i / 1000);
    packet.nanos = (i % 1000) * 1_000_000;
    reassembler.push(packet);
  });
  reassembler.finish();
  analyzer.finish();
  return { exchanges, counters: reassembler.counters };
}
