import type { HttpProtocol } from "../../dial/cluster-config.ts";

/** HTTP/2's connection preface begins so (RFC 9113 §3.4). */
const PREFACE = "PRI * HTTP/2.0\r\n";

/** Tells by a client's first bytes which HTTP it speaks; undefined where there are too few. What is neither counts as HTTP/1. */
export function tellHttp(first: Uint8Array): HttpProtocol | undefined {
  const start = Buffer.from(first.buffer, first.byteOffset, Math.min(first.length, PREFACE.length)).toString("latin1");
  if (start === PREFACE) return "h2";
  return PREFACE.startsWith(start) ? undefined : "http/1.1";
}
