import { type RecentNumbers, RecentRequests } from "../../../analysis/summary/recent-requests.ts";
import type { ExchangeSink } from "../../../model/index.ts";
import { formatDuration } from "../units.ts";

export interface StatusLineOptions {
  readonly stream: NodeJS.WriteStream;
  /** It is written over where it stands. False: it is a line of its own now and then, where something came. */
  readonly inPlace: boolean;
}

/**
 * One line that tells how a running process fares: each second in place, or every ten seconds a line more. Whoever does not read is
 * not waited for: nothing is written while something is under way.
 */
export function createStatusLine({ stream, inPlace }: StatusLineOptions): ExchangeSink {
  const recent = new RecentRequests(() => performance.now());
  let written = 0;
  let isClosed = false;
  const draw = (end: string): void => {
    if (stream.writableLength > 0 || stream.destroyed || stream.errored) return;
    const { numbers } = recent;
    if (!inPlace && numbers.total === written) return;
    written = numbers.total;
    const line = formatStatus(numbers);
    stream.write(inPlace ? `${ERASE}${line.slice(0, Math.max(1, stream.columns - 1))}${end}` : `${line}\n`);
  };
  const timer = setInterval(() => draw(""), inPlace ? 1000 : 10_000).unref();
  return {
    submit(exchange) {
      recent.add(exchange);
      return "taken";
    },
    whenReady: async () => {},
    flush: async () => {},
    async close() {
      if (isClosed) return;
      isClosed = true;
      clearInterval(timer);
      draw("\n");
    },
  };
}

/** Cursor to the line's start, and nothing on it (ECMA-48 EL). */
const ERASE = "\r\u001b[K";

/** `12.4 requests/s   1.2 % errors   p50 1.2 ms   p99 703 ms   (the last minute; 215 since the start)` */
export function formatStatus({ total, requests, perSecond, errors, p50, p99 }: RecentNumbers): string {
  if (total === 0) return "no request yet";
  const rate = `${perSecond < 9.95 ? perSecond.toFixed(1) : Math.round(perSecond)} requests/s`;
  const failed = errors === 0 ? "no errors" : `${((100 * errors) / requests).toFixed(1)} % errors`;
  return `${rate}   ${failed}   p50 ${formatDuration(p50)}   p99 ${formatDuration(p99)}   (the last minute; ${total} since the start)`;
}
