import assert from "node:assert/strict";
import { test } from "node:test";
import { AccessLogTraceInfoProvider } from "../../wire/skywalking/gen/skywalking/v3/access_log_pb.js";
import { findTrace } from "./trace-context.ts";

const traceOf = (headers: Readonly<Record<string, string>>) =>
  findTrace(Object.entries(headers).map(([name, value]) => ({ name, value })));
const base64 = (text: string): string => Buffer.from(text).toString("base64");

test("a request's trace: SkyWalking's header, or B3 in one or several, under any case", () => {
  const sw8 = `1-${base64("trace")}-${base64("segment")}-3-a-b-c-d`;
  const skyWalking = { traceId: "trace", traceSegmentId: "segment", spanId: "3" };
  const zipkin = { provider: AccessLogTraceInfoProvider.Zipkin, traceId: "t", spanId: "s", traceSegmentId: "" };
  assert.deepEqual(traceOf({ host: "x", SW8: sw8, b3: "t-s-1" }), {
    provider: AccessLogTraceInfoProvider.SkyWalking,
    ...skyWalking,
  });
  for (const headers of [
    { b3: "t-s-1" },
    { B3: "t-s" },
    { "X-B3-TraceId": "t", "x-b3-spanid": "s" },
    { sw8: "1-too-short", b3: "t-s" },
  ])
    assert.deepEqual(traceOf(headers as unknown as Record<string, string>), zipkin);
  for (const headers of [{}, { b3: "0" }, { "x-b3-traceid": "t" }, { abc: sw8 }])
    assert.equal(traceOf(headers as unknown as Record<string, string>), undefined);
});
