/**
 * Posts reports for some seconds on more connections than a collector lets wait for its disk, and prints how many were taken and refused, and how
 * long the refused ones waited from the last byte of their body to the answer.
 */
import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { report } from "./reports.ts";

export interface Flood {
  readonly taken: number;
  readonly refused: number;
  /** Milliseconds of the refused: 50, 90 and 99 %, and the most. */
  readonly millis: readonly string[];
  /** Milliseconds that whoever measures was late itself: 99 %. */
  readonly own: string;
}

const CONNECTIONS = 2048;
/** Reports of their own. */
const MADE = 8192;
/** As they are told (`retry-after: 1`). */
const RETRY_MILLIS = 1000;

if (import.meta.main) {
  const [port, seconds] = process.argv.slice(2).map(Number) as [number, number];
  // Made before: whoever measures must not be what is waited for.
  const text = JSON.stringify(report());
  const posts = Array.from({ length: MADE }, (_, index) => {
    const body = text.replaceAll("$ID", randomUUID()).replaceAll("$PORT", String(1024 + index));
    return Buffer.from(`POST /publish HTTP/1.1\r\nhost: h\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  });
  const turns = monitorEventLoopDelay({ resolution: 5 });
  turns.enable();
  const waits: number[] = [];
  let taken = 0;
  const until = performance.now() + seconds * 1000;
  let posted = 0;
  await Promise.all(
    Array.from(
      { length: CONNECTIONS },
      () =>
        new Promise<void>((resolve) => {
          const socket = connect(port, "127.0.0.1");
          let sent = 0;
          const post = (): void => {
            sent = performance.now();
            socket.write(posts[posted++ % MADE]!);
          };
          socket.on("connect", () => setTimeout(post, Math.random() * RETRY_MILLIS)).on("error", () => resolve());
          // An answer is one small piece.
          socket.on("data", (answer: Buffer) => {
            const isTaken = answer.toString("latin1", 9, 12) === "200";
            if (isTaken) taken++;
            else waits.push(performance.now() - sent);
            if (performance.now() < until) isTaken ? post() : setTimeout(post, RETRY_MILLIS);
            else {
              socket.destroy();
              resolve();
            }
          });
        }),
    ),
  );
  waits.sort((a, b) => a - b);
  const at = (share: number): string => (waits[Math.floor(share * (waits.length - 1))] ?? Number.NaN).toFixed(1);
  const flood: Flood = {
    taken,
    refused: waits.length,
    millis: [0.5, 0.9, 0.99, 1].map(at),
    own: (turns.percentile(99) / 1e6 - 5).toFixed(1),
  };
  console.log(JSON.stringify(flood));
}
