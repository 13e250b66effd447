import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeTrace, type TraceEvent } from "../../../src/wire/envoy/index.ts";
import { lines } from "../http1-capture.ts";

/** Writes so many buffered traces of two events, a file each, into a new folder. */
export function writeBufferedTraces(folder: string, count: number): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const event = (kind: "read" | "write", seconds: number, asBytes: Uint8Array): TraceEvent => ({
    kind,
    timestamp: { seconds, nanos: 0 },
    data: { asBytes, truncated: false },
  });
  const request = lines("GET /large HTTP/1.1", "Host: example.com");
  const response = lines("HTTP/1.1 200 OK", "Content-Length: 0");
  for (let i = 0; i < count; i++) {
    const events = [event("read", i, request), event("write", i + 1, response)];
    const buffered = { kind: "socket-buffered", traceId: BigInt(i), connection: CONNECTION, events } as const;
    const trace = encodeTrace({ trace: { ...buffered, readTruncated: false, writeTruncated: false } }, "PROTO_BINARY");
    writeFileSync(join(folder, `t_${i}.pb`), trace);
  }
}

const CONNECTION = {
  localAddress: { kind: "socket", address: "127.0.0.1", portValue: 80 },
  remoteAddress: { kind: "socket", address: "10.0.0.1", portValue: 5000 },
} as const;
