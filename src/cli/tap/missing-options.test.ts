import assert from "node:assert/strict";
import { test } from "node:test";
import type { HttpBufferedTrace, TraceRecord } from "../../wire/envoy/index.ts";
import { tellMissingOptions } from "./missing-options.ts";

const TIME = { seconds: 1n, nanos: 0 } as unknown as NonNullable<
  NonNullable<HttpBufferedTrace["request"]>["headersReceivedTime"]
>;

test("the options of Envoy's tap filter that would tell what is not there are named, once", () => {
  for (const [headersReceivedTime, downstreamConnection, expected] of [
    [
      undefined,
      undefined,
      [
        "these traces do not say when requests began and who sent them: record_headers_received_time, record_downstream_connection of Envoy's tap filter would",
      ],
    ],
    [
      TIME,
      undefined,
      ["these traces do not say who sent requests: record_downstream_connection of Envoy's tap filter would"],
    ],
    [
      undefined,
      {},
      ["these traces do not say when requests began: record_headers_received_time of Envoy's tap filter would"],
    ],
    [TIME, {}, []],
  ] as const) {
    const told: string[] = [];
    const advise = tellMissingOptions((text) => told.push(text));
    const trace = {
      kind: "http-buffered",
      request: { headers: [], trailers: [], headersReceivedTime },
      downstreamConnection,
    };
    const record = { kind: "wrapper", wrapper: { trace } } as unknown as TraceRecord;
    advise(record);
    advise(record);
    assert.deepEqual(told, expected);
  }
});

test("a trace without a request lacks no time of it", () => {
  const told: string[] = [];
  const record = { kind: "wrapper", wrapper: { trace: { kind: "http-buffered", downstreamConnection: {} } } };
  tellMissingOptions((text) => told.push(text))(record as unknown as TraceRecord);
  assert.deepEqual(told, []);
});
