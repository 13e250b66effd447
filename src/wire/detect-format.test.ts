import assert from "node:assert/strict";
import { test } from "node:test";
import { detectFormat } from "./detect-format.ts";

const PCAP = new Uint8Array([0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0]);

for (const [name, content, wanted] of [
  ["pcap", PCAP, "pcap"],
  ["pcapng", new Uint8Array([0x0a, 0x0d, 0x0d, 0x0a, 28, 0, 0, 0]), "pcapng"],
  ["HAR", '\ufeff { "log": { "version": "1.2"', "har"],
  ["NDJSON", '{"type":"exchange","version":1}\n', "ndjson"],
  ["flows", '{"type":"flow","version":1}\n', "ndjson"],
  ["an Envoy trace", '{"socket_buffered_trace": {}}', "envoy"],
  ["cilium monitor -j", '{"cpu":"CPU 03:","type":"trace"}\n', "cilium"],
  ["hexadecimal", "# a recording\n3 0401020304050607\n", "cilium"],
  ["a gob session", new Uint8Array([0x38, 0xff, 0x81, 3, 1, 1, 7, ...Buffer.from("Payload")]), "cilium"],
  ["a pcap whose magic number is damaged", new Uint8Array([0xd4, 0xc3, 0, 0xa1, 2, 0, 4, 0]), "pcap"],
  ["a pcap of the other byte order, damaged", new Uint8Array([0xa1, 0xb2, 0xc3, 0, 0, 2, 0, 4]), "pcap"],
  ["two bytes that are wrong", new Uint8Array([0xd4, 0xc3, 0, 0, 2, 0, 4, 0]), /begins with d4 c3/],
  ["hexadecimal with a damaged first line", "3 04z1020304050607\n3 0401020304050607\n", "cilium"],
  ["NDJSON with a damaged first line", '{"typo":"exchange"}\n{"type":"exchange","version":1}\n', "ndjson"],
  ["nothing", "", /it is empty/],
  ["HTML", "<html>", /XML or HTML/],
  ["other JSON", '{"a": 1}', /JSON, but/],
  ["text", "hello world", /text that is not known/],
  ["bytes", new Uint8Array([1, 2, 3, 4, 255]), /begins with 01 02 03 04 ff/],
  ["zstd", new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 0]), /zstd -dc/],
] as const)
  test(`${name} is told by its content, however slowly it comes`, () => {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    let found: ReturnType<typeof detectFormat>;
    for (let length = 0; length <= bytes.length; length++) {
      found = detectFormat(bytes.subarray(0, length), false);
      if (found !== undefined) break;
    }
    found ??= detectFormat(bytes, true);
    if (wanted instanceof RegExp) assert.match((found as { unknown: string }).unknown, wanted);
    else assert.equal(found, wanted);
  });
