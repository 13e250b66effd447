import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatError } from "../../model/index.ts";
import { parseDocument } from "../../wire/config-document/index.ts";
import { readTapConfig } from "./read-tap-config.ts";
import type { TapConfig } from "./tap-config.ts";

const STATIC = { origin: "static", watches: [] } as const;

async function read(sink: string, more = ""): Promise<TapConfig | string> {
  const text = `{ match: { any_match: true }, output_config: { sinks: [ { ${sink} } ]${more} } }`;
  try {
    return readTapConfig(await parseDocument(text), { origin: "admin", watches: [] });
  } catch (error) {
    return formatError(error);
  }
}

describe("a configuration that is posted to /tap", () => {
  const STREAMING = "streaming_admin: {}";
  const BUFFERED = "buffered_admin: { max_traces: 3, timeout: 0.2s }";
  const ONLY_JSON = "streaming admin output only supports JSON formats";
  const NOT_PLAIN = "buffered admin output only supports JSON or length delimited proto binary formats";
  const CASES: readonly (readonly [sink: string, format: string, refusal?: string])[] = [
    [STREAMING, "JSON_BODY_AS_BYTES"],
    [STREAMING, "JSON_BODY_AS_STRING"],
    [STREAMING, "PROTO_BINARY", ONLY_JSON],
    [STREAMING, "PROTO_BINARY_LENGTH_DELIMITED", ONLY_JSON],
    [STREAMING, "PROTO_TEXT", ONLY_JSON],
    [STREAMING, "PCAPNG", ONLY_JSON],
    [BUFFERED, "JSON_BODY_AS_BYTES"],
    [BUFFERED, "JSON_BODY_AS_STRING"],
    [BUFFERED, "PROTO_BINARY", NOT_PLAIN],
    [BUFFERED, "PROTO_BINARY_LENGTH_DELIMITED"],
    [BUFFERED, "PROTO_TEXT", NOT_PLAIN],
    [BUFFERED, "PCAPNG", NOT_PLAIN],
    ["file_per_tap: { path_prefix: p }", "PCAPNG"],
  ];
  for (const [sink, format, refusal] of CASES)
    test(`${sink} in ${format}`, async () => {
      const config = await read(`format: ${format}, ${sink}`);
      if (refusal !== undefined) assert.ok(typeof config === "string" && config.endsWith(refusal), String(config));
      else assert.equal(typeof config === "string" ? config : config.output.sink.format, format);
    });

  test("a buffered sink has its limits", async () => {
    const config = await read(BUFFERED);
    assert.ok(typeof config !== "string");
    assert.deepEqual(config.output.sink.destination, { kind: "buffered-admin", maxTraces: 3, timeoutMillis: 200 });
  });

  test("no timeout is no limit of time", async () => {
    const config = await read("buffered_admin: { max_traces: 1, timeout: 0s }");
    assert.ok(typeof config !== "string");
    assert.deepEqual(config.output.sink.destination, { kind: "buffered-admin", maxTraces: 1 });
  });

  test("binary messages may stream where they are not a file", async () => {
    assert.match(
      String(await read("format: PROTO_BINARY, file_per_tap: { path_prefix: p }", ", streaming: true")),
      /use format PROTO_BINARY_LENGTH_DELIMITED$/,
    );
    assert.equal(typeof (await read("format: PROTO_BINARY, file_per_tap: { path_prefix: p }")), "object");
  });
});

test("match wins over match_config, which must be right all the same", async () => {
  const text = (other: string) => `
match: { any_match: true }
match_config: ${other}
output_config: { sinks: [ { file_per_tap: { path_prefix: p } } ] }`;
  const config = readTapConfig(await parseDocument(text("{ not_match: { any_match: true } }")), STATIC);
  assert.deepEqual(config.match, { kind: "any" });
  const wrong = await parseDocument(text("{ any_match: false }"));
  assert.throws(() => readTapConfig(wrong, STATIC), { message: "any_match: value must equal true" });
});
