import assert from "node:assert/strict";
import { test } from "node:test";
import { buildExchange } from "../../test/support/build-exchange.ts";
import { EXCHANGE_CODEC } from "../analysis/protocols/index.ts";
import { type Exchange, Ledger } from "../model/index.ts";
import { detectFormat } from "./detect-format.ts";
import { FORMATS, findFormat, formatOfPath, WRITABLE_EXTENSIONS, WRITABLE_FORMATS } from "./formats.ts";

const UTF8 = new TextEncoder();

test("a name asks for one format, in any case", () => {
  for (const format of FORMATS) assert.equal(findFormat(format.name.toUpperCase()), format);
  assert.equal(new Set(FORMATS.map(({ name }) => name)).size, FORMATS.length);
  assert.equal(findFormat("Proto_Text")?.name, "text");
  assert.equal(findFormat("pcapx"), undefined);
});

for (const [path, wanted] of [
  ["OUT.PCAP", "pcap"],
  ["a.b/out.PcapNG", "pcapng"],
  ["out.json", "json"],
  ["out.pb", "pb"],
  ["trace.pb_length_delimited", "pb-delimited"],
  ["trace.PB_TEXT", "text"],
  ["x.har", "har"],
  ["x.ndjson", "ndjson"],
  ["x.JSONL", "ndjson"],
  [".har", "har"],
  ["har", undefined],
  ["out.har/x", undefined],
  ["out.foo", undefined],
  ["-", undefined],
] as const)
  test(`${path} is written as ${wanted ?? "nothing that is known"}`, () => {
    assert.equal(formatOfPath(path)?.name, wanted);
  });

test("empty lines before something else are looked at once", () => {
  // Forty of them took half a minute.
  assert.notEqual(detectFormat(UTF8.encode(`${"\n".repeat(2000)}zz\n`), true), undefined);
  assert.equal(detectFormat(UTF8.encode(`\n# a\n \n${"0a".repeat(16)}\n`), true), "cilium");
});

test("every extension that may be proposed says what to write", () => {
  for (const extension of WRITABLE_EXTENSIONS) assert.notEqual(formatOfPath(`out${extension}`), undefined);
});

for (const format of WRITABLE_FORMATS)
  test(`${format.name}: what is written is recognised as such, and read back`, () => {
    const written = writeOne(format);
    assert.equal(detectFormat(written, true), format.family);
    assert.deepEqual(readBack(format, written), ["1"]);
  });

/** Something with a 1 in it. */
function writeOne(format: (typeof WRITABLE_FORMATS)[number]): Uint8Array {
  if (format.kind === "packets") {
    const writer = format.encode();
    const frame = UTF8.encode("a frame of an Ethernet, or not: 1");
    writer.writePacket({ seconds: 1, nanos: 0 }, frame, 0, frame.length, frame.length);
    return writer.take();
  }
  if (format.kind === "exchanges") {
    const encoder = format.encode("1", EXCHANGE_CODEC);
    return UTF8.encode(encoder.begin() + encoder.exchange(buildExchange({ requestBody: "1" })) + encoder.end());
  }
  const written = format.encode().write({
    kind: "wrapper",
    more: false,
    layout: "new",
    wrapper: {
      trace: {
        kind: "socket-buffered",
        traceId: 7n,
        connection: {
          localAddress: { kind: "socket", address: "10.0.0.1", portValue: 80 },
          remoteAddress: { kind: "socket", address: "10.0.0.2", portValue: 5000 },
        },
        events: [{ kind: "read", data: { asBytes: UTF8.encode("1"), truncated: false } }],
        readTruncated: false,
        writeTruncated: false,
      },
    },
  } as never);
  assert.ok(typeof written !== "string");
  return written;
}

function readBack(format: (typeof WRITABLE_FORMATS)[number], written: Uint8Array): string[] {
  const found: string[] = [];
  const add = (bytes: Uint8Array | undefined): void => void found.push(new TextDecoder().decode(bytes));
  const book = new Ledger().book("records");
  if (format.kind === "packets") {
    const reader = format.decode({ packet: ({ bytes, end }) => add(bytes.subarray(end - 1, end)) }, book);
    reader.push(written);
    reader.end();
  } else if (format.kind === "exchanges") {
    const take = (exchange: Exchange): void => add(exchange.kind === "http" ? exchange.request?.body.bytes : undefined);
    const reader = format.decode(
      { exchange: take, flow: () => assert.fail(), problem: (message) => assert.fail(message) },
      book,
      EXCHANGE_CODEC,
    );
    reader.push(written);
    reader.end();
  } else {
    const reader = format.decode((record) => {
      const trace = record.kind === "capture" ? record.capture : record.wrapper.trace;
      if ("events" in trace) for (const { data } of trace.events) add(bytesOf(data ?? {}));
    });
    reader.push(written);
    reader.end();
    assert.equal(reader.problem, undefined);
  }
  return found;
}

function bytesOf(data: Uint8Array | { readonly asBytes?: Uint8Array; readonly asString?: string }): Uint8Array {
  return data instanceof Uint8Array ? data : (data.asBytes ?? UTF8.encode(data.asString));
}
