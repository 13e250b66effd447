import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  encodeTrace,
  type TraceAddress,
  type TraceEvent,
  type TraceFormat,
  type TraceWrapper,
} from "../../src/wire/envoy/index.ts";
import { makeTemporaryFolder } from "./temporary-folder.ts";

export const TAPLINE = join(import.meta.dirname, "../../bin/tapline");

/** A folder for traces, and `tapline convert` run on them as its users run it. */
export function createTraceFolder() {
  const { path: folder, remove } = makeTemporaryFolder();

  const writeAs = (name: string, format: TraceFormat, ...wrappers: TraceWrapper[]): string => {
    const path = join(folder, name);
    writeFileSync(path, Buffer.concat(wrappers.map((wrapper) => encodeTrace(wrapper, format))));
    return path;
  };

  /** Writes a trace in the format that its name's extension says. */
  const write = (name: string, ...wrappers: TraceWrapper[]): string => {
    const format = name.endsWith(".json")
      ? "JSON_BODY_AS_BYTES"
      : name.endsWith("_text")
        ? "PROTO_TEXT"
        : "PROTO_BINARY";
    return writeAs(name, format, ...wrappers);
  };

  const run = (args: readonly string[], env: Record<string, string> = {}, input?: Uint8Array) => {
    const { status, stdout, stderr } = spawnSync(TAPLINE, args, {
      env: { ...process.env, ...env },
      ...(input === undefined ? {} : { input }),
    });
    return { code: status, stdout, stderr: stderr.toString() };
  };

  const convert = (input: string, name: string, ...options: string[]): string => {
    const output = join(folder, name);
    const { code, stderr } = run(["convert", "--force", ...options, input, output]);
    assert.equal(code, 0, stderr);
    return output;
  };

  return { folder, remove, write, writeAs, run, convert };
}

const LOCAL = socket("127.0.0.1", 10000);

export const HTTP_TRACE: TraceWrapper = {
  trace: {
    kind: "http-buffered",
    request: {
      headers: [
        { key: ":method", value: "POST" },
        { key: ":path", value: "/submit" },
        { key: ":authority", value: "example.com" },
      ],
      body: { asBytes: Buffer.from("hello"), truncated: false },
      trailers: [],
    },
    response: {
      headers: [{ key: ":status", value: "201" }],
      body: { asBytes: Buffer.from("world and more"), truncated: false },
      trailers: [{ key: "checksum", value: "7" }],
    },
  },
};

export function buffered(
  events: TraceEvent[],
  local: TraceAddress | undefined = LOCAL,
  remote: TraceAddress = socket("10.0.0.3", 50000),
): TraceWrapper {
  return {
    trace: {
      kind: "socket-buffered",
      traceId: 1n,
      connection: { ...(local === undefined ? {} : { localAddress: local }), remoteAddress: remote },
      events,
      readTruncated: events.some(({ kind, data }) => kind === "read" && data?.truncated),
      writeTruncated: false,
    },
  };
}

export function streamed(traceId: bigint, happened: TraceEvent): TraceWrapper {
  return { trace: { kind: "socket-streamed", traceId, piece: { kind: "event", event: happened } } };
}

export function event(
  kind: "read" | "write",
  seconds: number,
  data: string | Uint8Array,
  { truncated = false, ...rest }: { truncated?: boolean; seqNum?: bigint } = {},
): TraceEvent {
  const asBytes = typeof data === "string" ? Buffer.from(data) : data;
  return { kind, timestamp: { seconds, nanos: 0 }, data: { asBytes, truncated }, ...rest };
}

export function socket(address: string, portValue: number): TraceAddress {
  return { kind: "socket", address, portValue };
}

export function pattern(length: number, step: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, index) => (index * step + (index >> 8)) & 0xff));
}
