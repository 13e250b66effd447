import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { type Connection, isTaken, Ledger, MemoryBudget, SILENT_LOGGER } from "../../model/index.ts";
import type { SinkFormat } from "../../tap/index.ts";
import {
  type CaptureTrace,
  encodeCaptureTrace,
  encodeTrace,
  type TraceFormat,
  type TraceWrapper,
} from "../../wire/envoy/index.ts";
import { InlineFileExecutor } from "./batch/file-executor.ts";
import { NODE_FILE_SYSTEM } from "./batch/file-system.ts";
import { CaptureFileSink, FilePerTapSink } from "./file-per-tap-sink.ts";
import { TraceFiles } from "./trace-files.ts";

const folder = mkdtempSync(join(tmpdir(), "tapline-sink-"));
after(() => rmSync(folder, { recursive: true, force: true }));

let prefixes = 0;

function make() {
  const name = `tap${prefixes++}`;
  const files = new TraceFiles({
    executor: new InlineFileExecutor(NODE_FILE_SYSTEM),
    budget: new MemoryBudget(1_000_000),
    ledger: new Ledger(),
    logger: SILENT_LOGGER,
  });
  const written = async () => {
    await files.close();
    return readdirSync(folder).filter((file) => file.startsWith(`${name}_`));
  };
  return { prefix: join(folder, name), name, files, written };
}

const connection: Connection = {
  id: 12n,
  transport: "tcp",
  local: { kind: "ip", address: "127.0.0.1", port: 80 },
  remote: { kind: "ip", address: "127.0.0.1", port: 50000 },
  role: "server",
  opened: { seconds: 1, nanos: 0 },
};
const identity = { id: 12n, connection };
const time = { seconds: 2, nanos: 0 };
const READ = { kind: "read" as const, timestamp: time, data: { asBytes: new Uint8Array([104, 105]), truncated: true } };
const BUFFERED: TraceWrapper = {
  trace: { kind: "socket-buffered", traceId: 12n, events: [READ], readTruncated: true, writeTruncated: false },
};
const STREAMED: TraceWrapper[] = [
  { trace: { kind: "socket-streamed", traceId: 12n, piece: { kind: "connection", connection: {} } } },
  { trace: { kind: "socket-streamed", traceId: 12n, piece: { kind: "event", event: READ } } },
];
const EXTENSIONS: Record<TraceFormat, string> = {
  PROTO_BINARY: ".pb",
  PROTO_BINARY_LENGTH_DELIMITED: ".pb_length_delimited",
  PROTO_TEXT: ".pb_text",
  JSON_BODY_AS_BYTES: ".json",
  JSON_BODY_AS_STRING: ".json",
};

describe("a file a trace", () => {
  for (const [format, extension] of Object.entries(EXTENSIONS) as [TraceFormat, string][])
    for (const connectionLayout of ["new", "old"] as const)
      for (const [kind, messages] of [
        ["buffered", [BUFFERED]],
        ["streamed", STREAMED],
      ] as const)
        test(`${format}, ${connectionLayout} layout, ${kind}`, async () => {
          const { prefix, name, files, written } = make();
          const handle = new FilePerTapSink(prefix, { format, connectionLayout }, files).open(identity);
          for (const message of messages) assert.equal(handle.submit(message), "taken");
          handle.close();
          assert.deepEqual(await written(), [`${name}_12${extension}`]);
          const expected = messages.map((message) => encodeTrace(message, format, { layout: connectionLayout }));
          assert.deepEqual(readFileSync(`${prefix}_12${extension}`), Buffer.concat(expected));
        });

  test("nothing submitted, no file", async () => {
    const { prefix, files, written } = make();
    new FilePerTapSink(prefix, { format: "PROTO_BINARY", connectionLayout: "new" }, files).open(identity).close();
    assert.deepEqual(await written(), []);
  });
});

describe("a file a capture", () => {
  const PARTS: CaptureTrace[] = [
    { id: 12n, connection: {}, events: [] },
    { events: [{ kind: "read", timestamp: time, data: new Uint8Array([104, 105]) }] },
    { events: [{ kind: "write", timestamp: time, data: new Uint8Array([111]), endStream: true }] },
  ];
  for (const [format, extension] of [
    ["PROTO_BINARY", ".pb"],
    ["PROTO_TEXT", ".pb_text"],
  ] as const)
    test(`${format}: the parts are the whole`, async () => {
      const { prefix, name, files, written } = make();
      const sink = new CaptureFileSink({ pathPrefix: prefix, format, maxCapturedBytes: 1000 }, files);
      const handle = sink.open(identity);
      for (const part of PARTS) handle.submit(part);
      handle.close();
      assert.deepEqual(await written(), [`${name}_12${extension}`]);
      const whole = { id: 12n, connection: {}, events: PARTS.flatMap(({ events }) => events) };
      assert.deepEqual(readFileSync(`${prefix}_12${extension}`), Buffer.from(encodeCaptureTrace(whole, format)));
    });

  test("no more of it waits than the limit", async () => {
    const { prefix, files, written } = make();
    const config = { pathPrefix: prefix, format: "PROTO_BINARY", maxCapturedBytes: 100 } as const;
    const handle = new CaptureFileSink(config, files).open(identity);
    const part: CaptureTrace = { events: [{ kind: "read", timestamp: time, data: new Uint8Array(60) }] };
    assert.equal(handle.submit(part), "taken");
    assert.ok(!isTaken(handle.submit(part)));
    await files.flush();
    assert.equal(handle.submit(part), "taken", "what was written makes room");
    handle.close();
    assert.equal((await written()).length, 1);
  });
});

describe("Wireshark's file", () => {
  const BLOCK_TYPES: Record<number, string> = { 168627466: "section", 1: "interface", 6: "packet" };
  /** The blocks of a pcapng file; packets with the TCP flags of their IPv4 frame. */
  function readBlocks(file: Buffer): string[] {
    const blocks: string[] = [];
    for (let at = 0; at < file.length; at += file.readUInt32LE(at + 4)) {
      const type = BLOCK_TYPES[file.readUInt32LE(at)];
      blocks.push(type === "packet" ? `packet ${file[at + 28 + 14 + 20 + 13]!.toString(16)}` : type!);
    }
    return blocks;
  }
  const SYN_SYNACK_ACK = ["packet 2", "packet 12", "packet 10"];

  const submit = (format: SinkFormat, prefix: string, files: TraceFiles, messages: readonly TraceWrapper[]) => {
    const handle = new FilePerTapSink(prefix, { format, connectionLayout: "new" }, files).open(identity);
    for (const message of messages) handle.submit(message);
    handle.close();
  };

  for (const [kind, messages] of [
    ["buffered", [BUFFERED]],
    ["streamed", STREAMED],
  ] as const)
    test(`${kind}: one section, a handshake, the data, and both ends`, async () => {
      const { prefix, name, files, written } = make();
      submit("PCAPNG", prefix, files, messages);
      assert.deepEqual(await written(), [`${name}_12.pcapng`]);
      const blocks = readBlocks(readFileSync(`${prefix}_12.pcapng`));
      assert.deepEqual(blocks.slice(0, 6), ["section", "interface", ...SYN_SYNACK_ACK, "packet 18"]);
      assert.equal(blocks.filter((block) => block === "packet 11").length, 2);
    });

  test("interleaved traces do not mix", async () => {
    const { prefix, files, written } = make();
    const sink = new FilePerTapSink(prefix, { format: "PCAPNG", connectionLayout: "new" }, files);
    const handles = [1n, 2n].map((id) => sink.open({ id, connection: { ...connection, id } }));
    for (const message of STREAMED) for (const handle of handles) handle.submit(message);
    for (const handle of handles) handle.close();
    assert.equal((await written()).length, 2);
    assert.deepEqual(readFileSync(`${prefix}_1.pcapng`), readFileSync(`${prefix}_2.pcapng`));
  });

  test("captures too", async () => {
    const { prefix, files, written } = make();
    const config = { pathPrefix: prefix, format: "PCAPNG", maxCapturedBytes: 10_000 } as const;
    const handle = new CaptureFileSink(config, files).open(identity);
    handle.submit({ id: 12n, connection: {}, events: [] });
    handle.submit({ events: [{ kind: "write", timestamp: time, data: new Uint8Array(5), endStream: true }] });
    handle.close();
    assert.equal((await written()).length, 1);
    const blocks = readBlocks(readFileSync(`${prefix}_12.pcapng`));
    assert.deepEqual(blocks.slice(2, 6), [...SYN_SYNACK_ACK, "packet 18"]);
  });
});
