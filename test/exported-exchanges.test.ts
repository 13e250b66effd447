/**
 * The same exchanges through both exporters, the filter for Envoy and the one in the proxy: each makes the report that is asked for, and it is one and
 * the same (`compat`, nothing redacted). The proxy passes every byte on as it came.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import {
  type ExportedExchange,
  ExportingProxy,
  type ReportDocument,
  reportOfFilter,
  withoutPlaces,
} from "./support/exported-exchange.ts";
import { Random } from "./support/random.ts";
import { loadOwnFilter } from "./support/wasm/filter-run.ts";

const filter = await loadOwnFilter();
const random = new Random();
const text = (value: string): Uint8Array => Buffer.from(value);
const GZIP = gzipSync(JSON.stringify({ items: Array(100).fill("item") }));

interface Case extends ExportedExchange {
  readonly name: string;
  /** Parts of the report in format `scn` that have to be so. */
  readonly request?: object;
  readonly response?: object;
}

const CASES: readonly Case[] = [
  {
    name: "no bodies either way",
    request: { body: "", truncated_body: false, headers: [["host", "shop.example.com:8080"]] },
    response: { status_code: "200", body: "", truncated_body: false },
  },
  {
    name: "HEAD, answered with the length of what GET would have got",
    method: "HEAD",
    responseHeaders: [["content-length", "100000"]],
    request: { method: "HEAD", body: "", truncated_body: false },
    response: { status_code: "200", body: "", truncated_body: false, headers: [["content-length", "100000"]] },
  },
  {
    name: "HEAD, answered as if chunks came",
    method: "HEAD",
    responseHeaders: [["transfer-encoding", "chunked"]],
    response: { status_code: "200", body: "", truncated_body: false },
  },
  { name: "204", status: 204, response: { status_code: "204", body: "", truncated_body: false } },
  {
    name: "304 with the length of what is not sent",
    status: 304,
    responseHeaders: [
      ["etag", '"a"'],
      ["content-length", "2000000"],
    ],
    response: { status_code: "304", body: "", truncated_body: false },
  },
  {
    name: "a body of nothing",
    method: "POST",
    requestBody: [],
    responseBody: [],
    request: { body: "" },
    response: { body: "" },
  },
  {
    name: "headers twice, in their order, and Envoy's own left out",
    requestHeaders: [
      ["X-Request-Id", "r-1"],
      ["a", "1"],
      ["x-envoy-peer-metadata", "m"],
      ["B", "2"],
      ["a", "3"],
    ],
    responseHeaders: [
      ["Set-Cookie", "a=1"],
      ["X-Envoy-Upstream-Service-Time", "7"],
      ["set-cookie", "b=2"],
    ],
    request: {
      headers: [
        ["host", "shop.example.com:8080"],
        ["x-request-id", "r-1"],
        ["a", "1"],
        ["b", "2"],
        ["a", "3"],
      ],
    },
    response: {
      headers: [
        ["set-cookie", "a=1"],
        ["set-cookie", "b=2"],
      ],
    },
  },
  {
    name: "quotes, backslashes, latin1 and UTF-8 in path and values",
    path: '/p"q\\?\xe9',
    requestHeaders: [
      ["latin1", "caf\xe9"],
      ["utf-8", Buffer.from("café \u2028").toString("latin1")],
      ["quoted", 'a"b\\c\td'],
    ],
    request: {
      path: '/p"q\\?é',
      headers: [
        ["host", "shop.example.com:8080"],
        ["latin1", "café"],
        ["utf-8", "café \u2028"],
        ["quoted", 'a"b\\c\td'],
      ],
    },
  },
  {
    name: "the service breaks off before it answers",
    method: "POST",
    requestBody: [text("asked")],
    breaksOff: "before",
    request: { body: base64(text("asked")), truncated_body: false },
    response: { status_code: "", version: "", headers: [], body: "", truncated_body: false },
  },
  {
    name: "the service breaks off in its body: as much as there was",
    responseBody: [text("half of "), text("it")],
    breaksOff: "body",
    response: { status_code: "200", body: base64(text("half of it")), truncated_body: false },
  },
  {
    name: "a body in gzip stays as it was sent",
    responseHeaders: [["content-encoding", "gzip"]],
    responseBody: [GZIP.subarray(0, 7), GZIP.subarray(7)],
    response: {
      body: GZIP.toString("base64"),
      headers: [
        ["content-encoding", "gzip"],
        ["transfer-encoding", "chunked"],
      ],
    },
  },
  {
    name: "server-sent events",
    requestHeaders: [["accept", "text/event-stream"]],
    responseHeaders: [["content-type", "text/event-stream"]],
    responseBody: Array.from({ length: 50 }, (_, at) => text(`id: ${at}\ndata: tick\n\n`)),
    response: { body: base64(...Array.from({ length: 50 }, (_, at) => text(`id: ${at}\ndata: tick\n\n`))) },
  },
  {
    name: "events without end, which are more than is kept",
    responseHeaders: [["content-type", "text/event-stream"]],
    responseBody: Array.from({ length: 40 }, () => Buffer.alloc(50_000, "data: tick\n\n")),
    response: { status_code: "200", body: "", truncated_body: true },
  },
];

describe("both exporters report", () => {
  const proxies = new Map<string, ExportingProxy>();
  before(async () => {
    for (const format of ["scn", "apiclarity"])
      proxies.set(format, await ExportingProxy.start(`format: ${format}, compat: true, redact: false`));
  });
  after(async () => {
    for (const proxy of proxies.values()) await proxy.stop();
  });
  const report = async (exchange: ExportedExchange, format: string, cut: (bytes: Uint8Array) => Uint8Array[]) => ({
    filter: withoutPlaces(reportOfFilter(filter, exchange, { format, compat: true, redact: false })),
    proxy: withoutPlaces(await proxies.get(format)!.report(exchange, cut)),
  });

  for (const { name, request = {}, response = {}, ...exchange } of CASES)
    test(name, async () => {
      const scn = await report(exchange, "scn", (bytes) => [bytes]);
      assert.deepEqual(scn.proxy, scn.filter);
      assert.deepEqual(pick(scn.filter.scnt_request, request), request);
      assert.deepEqual(pick(scn.filter.scnt_response, response), response);
      const apiclarity = await report(exchange, "apiclarity", (bytes) => [bytes]);
      assert.deepEqual(apiclarity.proxy, apiclarity.filter);
    });

  test(`the same however it is cut (seed ${random.seed})`, async () => {
    const cut = (bytes: Uint8Array): Uint8Array[] => {
      const parts: Uint8Array[] = [];
      const most = random.pick([1, 7, 300]);
      for (let at = 0; at < bytes.length; ) {
        const size = 1 + random.below(bytes.length > 5000 ? 3000 : most);
        parts.push(bytes.subarray(at, at + size));
        at += size;
      }
      return parts;
    };
    const body = random.bytes(20_000);
    for (let round = 0; round < 12; round++) {
      const sizes = [0, 1, 100, 20_000];
      const requestBody = cut(body.subarray(0, random.pick(sizes)));
      const responseBody = [...cut(body.subarray(0, random.pick(sizes))), new Uint8Array(0)];
      const one = { method: "POST", requestBody, responseBody };
      const { filter: ours, proxy } = await report(one, "scn", cut);
      assert.deepEqual(proxy, ours, `seed ${random.seed}, round ${round}`);
      assert.equal(ours.scnt_request.body, base64(...requestBody), `seed ${random.seed}, round ${round}`);
      assert.equal(ours.scnt_response.body, base64(...responseBody), `seed ${random.seed}, round ${round}`);
    }
  });
});

function base64(...parts: readonly Uint8Array[]): string {
  return Buffer.concat(parts).toString("base64");
}

/** The fields of a document that are asked for. */
function pick(document: ReportDocument, wanted: object): object {
  return Object.fromEntries(Object.keys(wanted).map((key) => [key, document[key]]));
}
