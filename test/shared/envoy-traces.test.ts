import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import {
  type ConnectionLayout,
  encodeCaptureTrace,
  encodeTrace,
  type TraceFormat,
} from "../../src/wire/envoy/index.ts";
import type { TraceRow } from "../../src/wire/format.ts";
import { formatOfPath } from "../../src/wire/formats.ts";
import { sharedData } from "../support/needs.ts";
import { readTrace } from "../support/trace-bytes.ts";

const fixtures = sharedData("fixtures/envoy");

test("every fixture reads without a loss and writes back equal", { skip: fixtures.skip }, () => {
  const folder = join(fixtures.path, "traces");
  for (const name of readdirSync(folder)) {
    const bytes = readFileSync(join(folder, name));
    const { wrappers, layouts, reader, ledger } = readTrace(bytes);
    assert.equal(reader.problem, undefined, name);
    assert.equal(reader.unknownFields, 0, name);
    assert.deepEqual(ledger.format(), [`bytes: ${bytes.length} in = ${bytes.length} handled`], name);
    const format = formatOf(name);
    const written = wrappers.map((wrapper, index) =>
      encodeTrace(wrapper, format, { layout: (layouts[index] as ConnectionLayout) ?? layoutOf(name) }),
    );
    assert.equal(Buffer.concat(written).toString("latin1"), bytes.toString("latin1"), name);
  }
});

test("the forms of one trace say the same", { skip: fixtures.skip }, () => {
  const folder = join(fixtures.path, "traces");
  const byTrace = Map.groupBy(readdirSync(folder), (name) => name.slice(0, name.lastIndexOf(".")));
  for (const [trace, names] of byTrace) {
    const [first, ...others] = names.map((name) => readTrace(readFileSync(join(folder, name))).wrappers);
    for (const other of others) assert.deepEqual(normalize(other), normalize(first!), trace);
  }
});

test("the golden traces are the same in every layout, binary and text", { skip: fixtures.skip }, () => {
  const read = (name: string) => readTrace(readFileSync(join(fixtures.path, name)));
  const [text, old, current] = ["pb_text", "v2alpha.pb", "v3_ge_1.28.pb"].map((end) => read(`tap2pcap_h2_ipv4.${end}`));
  assert.equal(text!.wrappers.length, 1);
  assert.deepEqual(old!.wrappers, text!.wrappers);
  assert.deepEqual(current!.wrappers, text!.wrappers);
  assert.deepEqual([old!.layouts, current!.layouts, text!.layouts], [["old"], ["new"], [undefined]]);
  const captureText = read("capture2pcap_h2_ipv4.pb_text");
  const captureBinary = read("capture2pcap_h2_ipv4.pb");
  assert.equal(captureText.captures.length, 1);
  assert.deepEqual(captureBinary.captures, captureText.captures);
  for (const [name, format] of [
    ["capture2pcap_h2_ipv4.pb", "PROTO_BINARY"],
    ["capture2pcap_h2_ipv4.pb_text", "PROTO_TEXT"],
  ] as const)
    assert.equal(
      Buffer.from(encodeCaptureTrace(captureText.captures[0]!, format)).toString("latin1"),
      readFileSync(join(fixtures.path, name)).toString("latin1"),
      name,
    );
});

function formatOf(name: string): TraceFormat {
  if (name.endsWith(".json")) return name.includes("as_string") ? "JSON_BODY_AS_STRING" : "JSON_BODY_AS_BYTES";
  return (formatOfPath(name) as TraceRow).envoyName as TraceFormat;
}

function layoutOf(name: string): ConnectionLayout {
  return name.includes("v2alpha") ? "old" : "new";
}

/** Without what tells the forms of a body apart, and without defaults that JSON shows. */
function normalize(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (Array.isArray(value)) return value.map(normalize);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, member]) => {
      if (member === false || member === 0n || member === "" || (key === "protocol" && member === "TCP")) return [];
      if (member instanceof Uint8Array && member.length === 0) return [];
      if (key === "asString") return [["asBytes", Buffer.from(member as string).toString("base64")]];
      return [[key, normalize(member)]];
    }),
  );
}
