import type { NumberedSegment } from "./http1-packets.ts";
import type { Random } from "./random.ts";

/** How a client asks on its connection, and where it is captured. */
export interface SimulatedShape {
  readonly pairs: number;
  /** So many requests may be without their response at once. */
  readonly depth: number;
  /** It waits for all responses to what it sent in one go. */
  readonly inBursts: boolean;
  /** From one end to the other, in milliseconds. */
  readonly latency: number;
  /** Where the packets are captured: 0 beside the client, 1 beside the server. */
  readonly tap: number;
  /** Largest body of a response, in bytes. */
  readonly largestBody: number;
}

/**
 * The packets of one connection in the order in which they pass the tap. Each end acknowledges what it had received when it sent; a
 * response names its request in `X-For`.
 */
export function simulateHttp1(random: Random, clientPort: number, shape: SimulatedShape): NumberedSegment[] {
  const next = { C: random.below(2 ** 32), S: random.below(2 ** 32) };
  const packets: Passing[] = [];
  const sends: Record<"C" | "S", { at: number; sequence: number }[]> = { C: [], S: [] };
  const start = { C: (next.C + 1) % 2 ** 32, S: (next.S + 1) % 2 ** 32 };
  const { latency, tap } = shape;
  let at = 0;
  const acknowledged = (from: "C" | "S", time: number): number => {
    const other = from === "C" ? "S" : "C";
    return sends[other].findLast((sent) => sent.at + latency <= time)?.sequence ?? start[other];
  };
  const put = (from: "C" | "S", time: number, segment: Partial<NumberedSegment>): void => {
    const passes = time + latency * (from === "C" ? tap : 1 - tap);
    const acknowledgment = acknowledged(from, time);
    packets.push({
      passes,
      order: packets.length,
      segment: { from, flags: "A", sequence: next[from], acknowledgment, clientPort, ...segment },
    });
  };
  const send = (from: "C" | "S", time: number, text: string, carries: string): void => {
    for (let i = 0; i < text.length; ) {
      const data = text.slice(i, i + (random.chance(2) ? 1460 : 1 + random.below(1460)));
      i += data.length;
      put(from, time, { data, carries });
      next[from] = (next[from] + data.length) % 2 ** 32;
    }
    sends[from].push({ at: time, sequence: next[from] });
  };
  put("C", at, { flags: "S", acknowledgment: 0 });
  next.C = (next.C + 1) % 2 ** 32;
  put("S", at + latency, { flags: "SA", acknowledgment: next.C });
  next.S = (next.S + 1) % 2 ** 32;
  at += 2 * latency;
  put("C", at, {});
  const answeredAt: number[] = [];
  let serverFree = 0;
  let asked = 0;
  const answer = (number: number, sentAt: number): void => {
    serverFree = Math.max(serverFree, sentAt + latency) + 1 + random.below(random.chance(4) ? 60 : 6);
    answeredAt[number] = serverFree + latency;
    pendingAnswers.push({ number, at: serverFree });
  };
  const pendingAnswers: { number: number; at: number }[] = [];
  const flushAnswers = (until: number): void => {
    while (pendingAnswers.length > 0 && pendingAnswers[0]!.at <= until) {
      const { number, at: time } = pendingAnswers.shift()!;
      send("S", time, responseText(random, number, shape.largestBody), `r${number}`);
      if (random.chance(2)) laterAcks.push(time + latency);
    }
  };
  const laterAcks: number[] = [];
  const flushAcks = (until: number): void => {
    while (laterAcks.length > 0 && laterAcks[0]! <= until) put("C", laterAcks.shift()!, {});
  };
  while (asked < shape.pairs) {
    const burst = shape.inBursts ? 1 + random.below(shape.depth) : 1;
    for (let i = 0; i < burst && asked < shape.pairs; i++) {
      flushAnswers(at);
      flushAcks(at);
      send("C", at, requestText(random, asked), `q${asked}`);
      answer(asked++, at);
      at += random.below(3);
    }
    // Waits for the last, or for as many as its depth wants.
    const waitsFor = shape.inBursts ? asked - 1 : asked - shape.depth;
    if (waitsFor >= 0) at = Math.max(at, answeredAt[waitsFor]! + random.below(4));
    else at += random.below(2 * latency + 4);
    if (!shape.inBursts && random.chance(6)) at = Math.max(at, answeredAt[asked - 1]!) + random.below(20);
  }
  at = Math.max(at, answeredAt.at(-1)!) + 5;
  flushAnswers(at);
  flushAcks(at);
  put("C", at, { flags: "FA", sequence: next.C, acknowledgment: next.S });
  put("S", at + latency, { flags: "FA", sequence: next.S, acknowledgment: (next.C + 1) % 2 ** 32 });
  return packets.sort((a, b) => a.passes - b.passes || a.order - b.order).map(({ segment }) => segment);
}

interface Passing {
  readonly passes: number;
  readonly order: number;
  readonly segment: NumberedSegment;
}

function requestText(random: Random, number: number): string {
  const body = random.chance(4) ? "q".repeat(1 + random.below(3000)) : "";
  const length = body === "" ? "" : `Content-Length: ${body.length}\r\n`;
  const agent = `User-Agent: ${"a".repeat(random.below(60))}\r\n`;
  return `${body === "" ? "GET" : "POST"} /${number} HTTP/1.1\r\nHost: h\r\n${agent}${length}\r\n${body}`;
}

function responseText(random: Random, number: number, largestBody: number): string {
  const body = "r".repeat(random.below(largestBody));
  const head = `HTTP/1.1 200 OK\r\nX-For: ${number}\r\n`;
  if (!random.chance(3)) return `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
  const chunks = body.match(/.{1,700}/g) ?? [];
  return `${head}Transfer-Encoding: chunked\r\n\r\n${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("")}0\r\n\r\n`;
}
