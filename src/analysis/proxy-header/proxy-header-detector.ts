import type { Direction, LedgerReason, SocketClosed, Timestamp } from "../../model/index.ts";
import { type AnalysisContext, type ProtocolAnalyzer, senderOf } from "../protocol-analyzer.ts";
import {
  type Detection,
  type DetectionSample,
  NEEDS_MORE,
  NOT_DETECTED,
  type ProtocolDetector,
} from "../protocol-detector.ts";

/**
 * Recognises the PROXY protocol's header (haproxy's doc/proxy-protocol.txt, versions 1 and 2), which a load balancer puts before
 * what the client sends. What follows it, often in the same packet, is detected afresh.
 */
export const PROXY_HEADER_DETECTOR: ProtocolDetector = {
  protocol: "proxy",
  isOneSided: true,
  detect,
  create: (context) => new ProxyHeaderAnalyzer(context),
};

function detect({ data, fromStart, sender }: DetectionSample): Detection {
  if (!fromStart || sender === "server") return NOT_DETECTED;
  const length = measureHeader(data, data.length);
  if (length === "none") return NOT_DETECTED;
  return length === "more" ? NEEDS_MORE : { verdict: "yes", sender: "client" };
}

/** Passes over the header, and everything else on to what is found behind it. */
class ProxyHeaderAnalyzer implements ProtocolAnalyzer {
  readonly #context: AnalysisContext;
  readonly #inside: ProtocolAnalyzer;
  /** The first bytes of the header, until they show its length. */
  readonly #start = new Uint8Array(LONGEST_VERSION_1);
  #started = 0;
  /** In which the client sends. */
  readonly #direction: Direction;
  #length: number | undefined;

  constructor(context: AnalysisContext) {
    this.#context = context;
    this.#inside = context.detectInside();
    // The detector has told who sends it.
    this.#direction = senderOf(context.connection, "read") === "server" ? "write" : "read";
  }

  push(direction: Direction, data: Uint8Array, offset: number, time: Timestamp): void {
    if (direction === this.#direction && this.#length === undefined) this.#measure(data);
    const header = direction === this.#direction ? (this.#length ?? Number.POSITIVE_INFINITY) : 0;
    const skipped = Math.min(Math.max(0, header - offset), data.length);
    if (skipped > 0) this.#context.bytes.settleHandled(skipped);
    if (skipped < data.length) this.#inside.push(direction, data.subarray(skipped), offset + skipped - header, time);
  }

  #measure(data: Uint8Array): void {
    for (let at = 0; at < data.length && this.#length === undefined; at++) {
      this.#start[this.#started++] = data[at]!;
      const length = measureHeader(this.#start, this.#started);
      // The detector has seen that it is one.
      if (length !== "more") this.#length = length === "none" ? 0 : length;
    }
  }

  gap(direction: Direction, size: number | undefined, time: Timestamp, reason: LedgerReason): void {
    this.#inside.gap(direction, size, time, reason);
  }

  end(direction: Direction, time: Timestamp): void {
    this.#inside.end(direction, time);
  }

  close(time: Timestamp, how: SocketClosed["how"]): void {
    this.#inside.close(time, how);
  }
}

/** The header's length, as soon as the first `held` bytes show it. */
function measureHeader(data: Uint8Array, held: number): number | "more" | "none" {
  const signature = data[0] === VERSION_2[0] ? VERSION_2 : VERSION_1;
  for (let at = 0; at < Math.min(held, signature.length); at++) if (data[at] !== signature[at]) return "none";
  if (held < signature.length) return "more";
  if (signature === VERSION_1) {
    const end = data.subarray(0, Math.min(held, LONGEST_VERSION_1)).indexOf(0x0a) + 1;
    if (end > 0) return data[end - 2] === 0x0d ? end : "none";
    return held < LONGEST_VERSION_1 ? "more" : "none";
  }
  if (held < VERSION_2_FIXED) return "more";
  if (data[12]! >> 4 !== 2) return "none";
  return VERSION_2_FIXED + ((data[14]! << 8) | data[15]!);
}

const VERSION_1 = new TextEncoder().encode("PROXY ");
/** With its CRLF. */
const LONGEST_VERSION_1 = 107;
const VERSION_2 = Uint8Array.of(0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a);
const VERSION_2_FIXED = 16;
