import assert from "node:assert/strict";
import { test } from "node:test";
import { logRecordMessage } from "../../../../test/support/cilium-log-record.ts";
import { TaplineError } from "../../../model/index.ts";
import { decodeLogRecordNotify, LogRecordNotify } from "../index.ts";

const text = (value: string) => new TextEncoder().encode(value);
const ENDS = {
  SourceEndpoint: { ID: 10, IPv4: "10.0.0.1", Port: 4000, Identity: 100, Labels: ["k8s:app=a", "k8s:x"] },
  DestinationEndpoint: { ID: 20, Identity: 200 },
};
const REQUEST = logRecordMessage({
  Type: "Request",
  ObservationPoint: "Ingress",
  ...ENDS,
  Verdict: "Forwarded",
  HTTP: {
    Code: 200,
    Method: "GET",
    URL: text("http://h.example/a?q=<x>"),
    Protocol: "HTTP/1.1",
    Headers: { "X-B": ["2", "3"], "X-A": ["1"] },
  },
});

test("a record is decoded with its parts, and printed as cilium prints it", () => {
  const record = decodeLogRecordNotify(REQUEST);
  assert.ok(record instanceof LogRecordNotify);
  assert.equal(record.type, "Request");
  assert.deepEqual(record.sourceEndpoint.labels, ["k8s:app=a", "k8s:x"]);
  assert.equal(record.sourceEndpoint.port, 4000);
  assert.equal(record.http?.code, 200);
  assert.deepEqual(record.http?.headers?.get("X-B"), ["2", "3"]);
  assert.equal(record.dns, null);
  assert.equal(
    record.dumpInfo(),
    "<- Request http from 10 ([k8s:app=a k8s:x]) to 20 ([]), identity 100->200, verdict Forwarded GET http://h.example/a?q=<x> => 200\n",
  );
  assert.equal(
    record.dumpJSON(),
    '{"type":"logRecord","observationPoint":"Ingress","flowType":"Request","l7Proto":"http","srcEpID":10,"srcEpLabels":["k8s:app=a","k8s:x"],"srcIdentity":100,"dstEpID":20,"dstEpLabels":null,"dstIdentity":200,"verdict":"Forwarded","http":{"Code":200,"Method":"GET","URL":{"Scheme":"http","Opaque":"","User":null,"Host":"h.example","Path":"/a","RawPath":"","OmitHost":false,"ForceQuery":false,"RawQuery":"q=\\u003cx\\u003e","Fragment":"","RawFragment":""},"Protocol":"HTTP/1.1","Headers":{"X-A":["1"],"X-B":["2","3"]},"MissingHeaders":null,"RejectedHeaders":null}}\n',
  );
});

test("the other kinds of records", () => {
  const answer = decodeLogRecordNotify(
    logRecordMessage({
      Type: "Response",
      ObservationPoint: "Egress",
      ...ENDS,
      Verdict: "Forwarded",
      DNS: { Query: "a.example.", IPs: [Uint8Array.of(10, 0, 0, 9)], TTL: 30, ObservationSource: "proxy", QTypes: [1] },
    }),
  );
  assert.match(answer.dumpInfo({ compat: true }), / DNS Proxy: a\.example\. A TTL: 30 Answer: '10\.0\.0\.9'\n$/);
  assert.match(
    answer.dumpJSON(),
    /,"dns":\{"Query":"a\.example\.","IPs":\["10\.0\.0\.9"\],"TTL":30,"ObservationSource":"proxy","QTypes":\[1\]\}\}\n$/,
  );
  const kafka = decodeLogRecordNotify(
    logRecordMessage({ Type: "Request", Kafka: { ErrorCode: 29, APIKey: "produce", Topic: { Topic: "empire" } } }),
  );
  assert.match(kafka.dumpInfo(), / produce topic empire => 29\n$/);
  const memcached = decodeLogRecordNotify(
    logRecordMessage({ Type: "Request", L7: { Proto: "memcached", Fields: { cmd: "get", status: "ok" } } }),
  );
  assert.match(memcached.dumpInfo(), /memcached .* cmd:get => status:ok\n$/);
  assert.match(memcached.dumpJSON(), /,"l7":\{"Proto":"memcached","Fields":\{"cmd":"get","status":"ok"\}\}\}\n$/);
});

test("a record of a later agent decodes too: labels are structs, addresses encode themselves", () => {
  const labels = [{ Key: "app", Value: "a", Source: "k8s" }];
  const bytes = logRecordMessage(
    { Type: "Request", SourceEndpoint: { ID: 10, Labels: labels }, DNS: { IPs: [Uint8Array.of(10, 0, 0, 9)] } },
    { labels: "structs", addresses: "binary" },
  );
  const record = decodeLogRecordNotify(bytes, "v1.19");
  assert.deepEqual(record.sourceEndpoint.labels, [{ key: "app", value: "a", source: "k8s" }]);
  assert.match(record.dumpInfo({ dialect: "v1.19" }), /from 10 \(\[k8s:app=a\]\)/);
});

test("a stream that is cut anywhere is refused with Go's text", () => {
  for (let end = 1; end < REQUEST.length; end++)
    assert.throws(
      () => decodeLogRecordNotify(REQUEST.subarray(0, end)),
      (error) => error instanceof TaplineError && error.message === (end === 1 ? "EOF" : "unexpected EOF"),
      `cut after ${end} bytes`,
    );
});
