import assert from "node:assert/strict";
import { test } from "node:test";
import { readTraceContext } from "./trace-context.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const SW8 = `1-${base64("trace.1")}-${base64("segment")}-3-${base64("frontend")}-${base64("pod-1")}-${base64("/a")}-${base64("10.0.0.1:80")}`;

const CASES: readonly [
  what: string,
  headers: Record<string, string>,
  traceId?: string | undefined,
  peerService?: string,
][] = [
  ["traceparent", { Traceparent: `00-${TRACE}-${SPAN}-01` }, TRACE],
  ["traceparent of a later version", { traceparent: `cc-${TRACE}-${SPAN}-01-what-the-future-adds` }, TRACE],
  ["traceparent of zeros is none", { traceparent: `00-${"0".repeat(32)}-${SPAN}-01`, "x-request-id": "r1" }, "r1"],
  ["traceparent in capitals is malformed", { traceparent: `00-${TRACE.toUpperCase()}-${SPAN}-01` }, undefined],
  ["b3 in one", { b3: `${TRACE}-${SPAN}-1-${SPAN}` }, TRACE],
  ["b3 of 64 bits", { b3: `${SPAN}-${SPAN}` }, SPAN],
  ["b3 that only says not to sample", { b3: "0" }, undefined],
  ["b3 in several", { "X-B3-TraceId": TRACE.toUpperCase(), "X-B3-SpanId": SPAN }, TRACE],
  ["sw8, with who asks", { sw8: SW8 }, "trace.1", "frontend"],
  ["sw8 cut off", { sw8: SW8.slice(0, 30) }, undefined],
  ["uber-trace-id", { "uber-trace-id": `${TRACE}:${SPAN}:0:1` }, TRACE],
  ["uber-trace-id, escaped, its zeros left out", { "uber-trace-id": "abc%3A1%3A0%3A1" }, "0000000000000abc"],
  ["x-request-id", { "x-request-id": "7e0c-1" }, "7e0c-1"],
  ["x-request-id of a megabyte", { "x-request-id": "x".repeat(1 << 20) }, undefined],
  ["none", { accept: "*/*" }, undefined],
  [
    "all of them, the last first",
    {
      "x-request-id": "r",
      "uber-trace-id": "abc:1:0:1",
      sw8: SW8,
      b3: `${SPAN}-${SPAN}`,
      traceparent: `00-${TRACE}-${SPAN}-01`,
    },
    TRACE,
    "frontend",
  ],
];

for (const [what, headers, traceId, peerService] of CASES)
  test(`a request's trace: ${what}`, () => {
    const context = readTraceContext(Object.entries(headers).map(([name, value]) => ({ name, value })));
    assert.equal(context.traceId, traceId);
    assert.equal(context.peerService, peerService);
  });

/** In the order in which they count, each with the trace that it names. */
const RANKED: readonly [name: string, value: string, traceId: string][] = [
  ["traceparent", `00-${TRACE}-${SPAN}-01`, TRACE],
  ["b3", `${SPAN}-${SPAN}`, SPAN],
  ["x-b3-traceid", TRACE.toUpperCase(), TRACE],
  ["sw8", SW8, "trace.1"],
  ["uber-trace-id", "abc:1:0:1", "0000000000000abc"],
  ["x-request-id", "r", "r"],
];

test("of any two headers the better one counts, wherever it stands", () => {
  for (const [at, [name, value, traceId]] of RANKED.entries())
    for (const [other, otherValue] of RANKED.slice(at + 1)) {
      const headers = [
        { name, value },
        { name: other, value: otherValue },
      ];
      for (const list of [headers, headers.toReversed()])
        assert.equal(readTraceContext(list).traceId, traceId, `${name} and ${other}`);
    }
});

test("headers whose name or value is hidden say nothing", () => {
  assert.deepEqual(
    readTraceContext([
      { name: undefined, value: "x" },
      { name: "traceparent", value: undefined },
    ]),
    {},
  );
});
