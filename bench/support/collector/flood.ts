/**
 * Posts reports for some seconds on more connections than a collector lets wait for its disk, and prints how many were taken and refused, and how
 * long the refused ones waited from the last byte of their body to the answer.
 */
import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import { report } from "./reports.ts";

export interface Flood {
  readonly taken: number;
  readonly refused: number;
  /** Milliseconds of the refused: 50, 90 and 99 %, and the most. */
  readonly millis: readonly string[];
}

const CONNECTIONS = 2048;
/** As they are told (`retry-after: 1`). */
const RETRY_MILLIS = 1000;

if (import.meta.main) {
  const [port, seconds] = process.argv.slice(2).map(Number) as [number, number];
  const text = JSON.stringify(report());
  const waits: number[] = [];
  let taken = 0;
  const until = performance.now() + seconds * 1000;
  const next = (): string => {
    const body = text.replaceAll("$ID", randomUUID()).replaceAll("$PORT", String(1024 + (taken % 50_000)));
    return `POST /publish HTTP/1.1\r\nhost: h\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  };
  await Promise.all(
    Array.from(
      { length: CONNECTIONS },
      () =>
        new Promise<void>((resolve) => {
          const socket = connect(port, "127.0.0.1");
          let sent = 0;
          const post = (): void => {
            sent = performance.now();
            socket.write(next());
          };
          socket.on("connect", post).on("error", () => resolve());
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
  const flood: Flood = { taken, refused: waits.length, millis: [0.5, 0.9, 0.99, 1].map(at) };
  console.log(JSON.stringify(flood));
}
