import type { NumberedSegment } from "./http1-packets.ts";
import type { Random } from "./random.ts";

/** How a client asks on one connection. */
export interface WindowedShape {
  readonly pairs: number;
  /** So many requests are sent at first, in one packet. */
  readonly first: number;
  /** For each answer that it has, it sends so many more: 1 keeps as many on their way; 0: it asks in turn once it has all. */
  readonly refill: 0 | 1;
  /** One of so many answers comes together with the next, before the client asks again; 0: each is asked behind. */
  readonly together: number;
  /** Bodies of requests are up to so long; 0: only GET. */
  readonly largestBody: number;
  /** The first request waits for `100 Continue` before it sends its body. */
  readonly expects?: boolean;
}

/**
 * One connection's packets, as they are on a machine with both ends: whatever was sent is received before the other end says anything. Each
 * response names its request in `X-For`.
 */
export function converseInWindow(random: Random, clientPort: number, shape: WindowedShape): NumberedSegment[] {
  const next = { C: random.below(2 ** 32), S: random.below(2 ** 32) };
  const segments: NumberedSegment[] = [
    { from: "C", flags: "S", sequence: next.C++, clientPort },
    { from: "S", flags: "SA", sequence: next.S++, acknowledgment: next.C, clientPort },
    { from: "C", flags: "A", sequence: next.C, acknowledgment: next.S, clientPort },
  ];
  const send = (from: "C" | "S", data: string, carries: string): void => {
    const acknowledgment = next[from === "C" ? "S" : "C"];
    segments.push({ from, flags: "A", sequence: next[from], acknowledgment, data, clientPort, carries });
    next[from] = (next[from] + data.length) % 2 ** 32;
  };
  let [asked, answered] = [0, 0];
  const ask = (count: number): void => {
    const numbers = Array.from({ length: Math.min(count, shape.pairs - asked) }, () => asked++);
    if (numbers.length === 0) return;
    const expects = shape.expects === true && numbers[0] === 0;
    const texts = numbers.map((number) => requestText(random, number, shape.largestBody, expects));
    const carries = numbers.map((number) => `q${number}`).join("+");
    if (!expects) {
      send("C", texts.join(""), carries);
      return;
    }
    const [head, body] = texts[0]!.split("\r\n\r\n") as [string, string];
    send("C", `${head}\r\n\r\n`, carries);
    send("S", "HTTP/1.1 100 Continue\r\n\r\n", "r0");
    send("C", body, carries);
  };
  ask(shape.first);
  while (answered < shape.pairs) {
    const isLast = answered === shape.pairs - 1;
    send("S", responseText(random, answered), `r${answered}`);
    answered++;
    if (isLast || (answered < asked && shape.together > 0 && random.chance(shape.together))) continue;
    if (shape.refill === 1) ask(Math.max(0, shape.first - (asked - answered)));
    else if (answered === asked) ask(1);
  }
  for (const from of ["C", "S"] as const)
    segments.push({
      ...{ from, flags: "FA", clientPort },
      ...{ sequence: next[from]++, acknowledgment: next[from === "C" ? "S" : "C"] },
    });
  return segments;
}

function requestText(random: Random, number: number, largestBody: number, expects: boolean): string {
  const hasBody = expects || (largestBody > 0 && random.chance(3));
  const body = hasBody ? "q".repeat(1 + random.below(Math.max(1, largestBody))) : "";
  const fields = `${expects ? "Expect: 100-continue\r\n" : ""}${hasBody ? `Content-Length: ${body.length}\r\n` : ""}`;
  const agent = "User-Agent: a client that keeps its window full\r\n";
  return `${hasBody ? "POST" : "GET"} /${number} HTTP/1.1\r\nHost: h\r\n${agent}${fields}\r\n${body}`;
}

function responseText(random: Random, number: number): string {
  const body = "r".repeat(random.below(1200));
  return `HTTP/1.1 200 OK\r\nX-For: ${number}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}
