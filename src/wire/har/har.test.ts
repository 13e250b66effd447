import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { buildBody, buildExchange } from "../../../test/support/build-exchange.ts";
import { checkHar } from "../../../test/support/check-har.ts";
import { EXCHANGE_CODEC } from "../../analysis/protocols/index.ts";
import { type Exchange, type HttpExchange, Ledger } from "../../model/index.ts";
import { HarReader, HarWriter } from "./index.ts";

const TIME = { seconds: 1_700_000_000, nanos: 250_000_000 };
const message = { time: TIME, truncated: false } as const;

const PLAIN = buildExchange({
  method: "POST",
  target: "/a?x=1&y=a%20b",
  status: 201,
  requestHeaders: { cookie: "a=1; b=2", "content-type": "application/x-www-form-urlencoded" },
  responseHeaders: { "Set-Cookie": "s=1; Path=/; HttpOnly; Secure", "content-type": "text/plain", location: "/b" },
  requestBody: "k=v&l=w",
  responseBody: "ümlaut",
});

function write(exchanges: readonly Exchange[]): string {
  const writer = new HarWriter("0.0.0");
  return [
    writer.begin(),
    ...exchanges.map((exchange) => writer.entry(EXCHANGE_CODEC.writeHarEntry(exchange)!)),
    writer.end(),
  ].join("");
}

function read(text: string | Uint8Array, chunk?: number, entryBytes = 1 << 20) {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  const exchanges: HttpExchange[] = [];
  const problems: string[] = [];
  const ledger = new Ledger();
  const reader = new HarReader(
    {
      exchange: (exchange) => exchanges.push(exchange as HttpExchange),
      problem: ({ entry, message }) => problems.push(`${entry ?? ""} ${message}`.trim()),
    },
    ledger.book("records"),
    EXCHANGE_CODEC,
    { entryBytes, connections: 10 },
  );
  const size = chunk ?? bytes.length;
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
  reader.end();
  return { exchanges, problems, ledger };
}

describe("writing", () => {
  test("files of none, one and many entries are HAR 1.2", () => {
    for (const exchanges of [
      [],
      [PLAIN],
      [PLAIN, buildExchange({ without: "response" }), buildExchange({ without: "request" })],
    ])
      assert.deepEqual(checkHar(JSON.parse(write(exchanges))), []);
  });

  test("an entry has everything a browser's has", () => {
    const { entries } = JSON.parse(write([PLAIN])).log;
    const { request, response, timings, time, startedDateTime, serverIPAddress } = entries[0];
    assert.equal(startedDateTime, "2023-11-14T22:13:20Z");
    assert.equal(time, 30);
    assert.deepEqual(timings, { blocked: -1, dns: -1, connect: -1, ssl: -1, send: 10, wait: 10, receive: 10 });
    assert.equal(serverIPAddress, "10.0.0.2");
    assert.equal(request.url, "http://example.com/a?x=1&y=a%20b");
    assert.deepEqual(request.queryString, [
      { name: "x", value: "1" },
      { name: "y", value: "a b" },
    ]);
    assert.deepEqual(request.cookies, [
      { name: "a", value: "1" },
      { name: "b", value: "2" },
    ]);
    assert.equal(request.postData.text, "k=v&l=w");
    assert.deepEqual(request.postData, { mimeType: "application/x-www-form-urlencoded", text: "k=v&l=w" });
    assert.deepEqual(response.cookies, [{ name: "s", value: "1", path: "/", httpOnly: true, secure: true }]);
    assert.deepEqual(response.content, { size: 7, mimeType: "text/plain", text: "ümlaut" });
    assert.equal(response.redirectURL, "/b");
  });

  test("a body is whole or marked; binary is base64; a coding that was undone is told", () => {
    const { response } = PLAIN;
    const bodies = [
      { ...buildBody("abc"), size: 9, truncated: true },
      buildBody(new Uint8Array([0, 255])),
      { ...buildBody("decoded text"), size: 5, decodedFrom: "gzip" },
    ];
    const { entries } = JSON.parse(write(bodies.map((body) => ({ ...PLAIN, response: { ...response!, body } })))).log;
    const contents = entries.map((entry: { response: { content: object } }) => entry.response.content);
    assert.deepEqual(contents, [
      { size: 9, mimeType: "text/plain", text: "abc", _truncated: true, _keptSize: 3 },
      { size: 2, mimeType: "text/plain", text: "AP8=", encoding: "base64" },
      { size: 12, compression: 7, _decodedFrom: "gzip", mimeType: "text/plain", text: "decoded text" },
    ]);
    assert.equal(entries[2].response.bodySize, 5);
  });

  test("WebSocket messages are as Chrome's", () => {
    const { entries } = JSON.parse(
      write([
        buildExchange({
          status: 101,
          exchange: {
            application: [{ name: "websocket" }],
            messages: [
              { ...message, from: "client", kind: "text", bytes: new TextEncoder().encode("hi"), size: 2 },
              { ...message, from: "server", kind: "binary", bytes: new Uint8Array([1, 2]), size: 2 },
            ],
          },
        }),
      ]),
    ).log;
    assert.equal(entries[0]._resourceType, "websocket");
    assert.deepEqual(entries[0]._webSocketMessages, [
      { type: "send", time: 1_700_000_000.25, _time: "2023-11-14T22:13:20.250Z", opcode: 1, data: "hi" },
      { type: "receive", time: 1_700_000_000.25, _time: "2023-11-14T22:13:20.250Z", opcode: 2, data: "AQI=" },
    ]);
  });
});

describe("reading back", () => {
  test("what was written, however it is cut", () => {
    const exchanges = [
      PLAIN,
      buildExchange({
        responseBody: new Uint8Array([0, 255]),
        exchange: { quality: "gap", problems: ["reset:CANCEL"] },
      }),
      buildExchange({
        exchange: {
          protocol: "h2",
          streamId: 3,
          application: [{ name: "grpc", status: 5, statusName: "NOT_FOUND", message: "no" }],
          messages: [{ ...message, from: "client", kind: "message", bytes: new Uint8Array([200]), size: 1 }],
        },
      }),
      buildExchange({
        connection: { id: 9n },
        exchange: {
          times: {
            connectStart: TIME,
            connectEnd: { ...TIME, nanos: 260_000_000 },
            tlsStart: { ...TIME, nanos: 260_000_000 },
            tlsEnd: { ...TIME, nanos: 270_000_000 },
            requestStart: { ...TIME, nanos: 280_000_000 },
            requestEnd: { ...TIME, nanos: 290_000_000 },
            responseStart: { ...TIME, nanos: 300_000_000 },
            responseEnd: { ...TIME, nanos: 310_000_000 },
          },
        },
      }),
    ];
    const text = write(exchanges);
    for (const chunk of [undefined, 1, 13, 1000]) {
      const { exchanges: back, problems, ledger } = read(text, chunk);
      assert.deepEqual(problems, []);
      assert.deepEqual(ledger.format(), ["records: 4 in = 4 handled"]);
      for (const [i, { request, response, times, ...rest }] of back.entries()) {
        const wanted = exchanges[i]!;
        assert.deepEqual(times, wanted.times);
        assert.deepEqual(
          [request?.method, request?.target, request?.authority, request?.headers, request?.body],
          [
            wanted.request?.method,
            wanted.request?.target,
            wanted.request?.authority,
            wanted.request?.headers,
            wanted.request?.body,
          ],
        );
        assert.deepEqual(
          [response?.status, response?.reason, response?.headers, response?.body],
          [wanted.response?.status, wanted.response?.reason, wanted.response?.headers, wanted.response?.body],
        );
        for (const field of ["kind", "protocol", "application", "streamId", "messages", "quality", "problems"] as const)
          assert.deepEqual(rest[field], wanted[field], field);
        assert.deepEqual(rest.connection.local, wanted.connection.local);
      }
      assert.equal(back[0]!.connection, back[1]!.connection);
    }
  });
});

describe("other people's files", () => {
  test("Chrome: entries of h2 without bodies, a WebSocket, a failed request", () => {
    const { exchanges, problems } = read(`\ufeff{
      "log": { "version": "1.2", "creator": { "name": "WebInspector", "version": "537.36", "x": "entries" },
        "pages": [ { "id": "p", "entries": [ {"no": 1} ] } ],
        "entries": [
          { "_initiator": { "type": "other" }, "_priority": "High", "connection": "443", "pageref": "p",
            "startedDateTime": "2024-01-31T12:00:00.123Z", "time": 12.5, "cache": {}, "serverIPAddress": "[2606:2800::1]",
            "request": { "method": "GET", "url": "https://example.com/a?b#c", "httpVersion": "h2",
              "headers": [ { "name": ":authority", "value": "example.com" } ], "queryString": [], "cookies": [], "headersSize": -1, "bodySize": 0 },
            "response": { "status": 200, "statusText": "", "httpVersion": "h2", "headers": [ { "name": "content-encoding", "value": "br" } ],
              "cookies": [], "content": { "size": 11, "mimeType": "text/html", "text": "hello \\"wor\\\\" }, "redirectURL": "", "headersSize": -1, "bodySize": -1, "_transferSize": 90 },
            "timings": { "blocked": 1, "dns": -1, "ssl": -1, "connect": -1, "send": 0.5, "wait": 10, "receive": 1, "_blocked_queueing": 0.4 } },
          { "startedDateTime": "2024-01-31T12:00:01Z", "time": 1, "_resourceType": "websocket",
            "_webSocketMessages": [ { "type": "send", "time": 1706702401.5, "opcode": 1, "data": "ping" } ],
            "request": { "method": "GET", "url": "wss://example.com/ws", "headers": [] }, "response": { "status": 101, "headers": [] }, "timings": {} },
          { "startedDateTime": "x", "request": { "method": "GET", "url": "https://example.com/" },
            "response": { "status": 0, "statusText": "", "headers": [], "content": { "size": 0, "mimeType": "x-unknown" }, "_error": "net::ERR_FAILED" } }
        ] } }`);
    assert.deepEqual(problems, []);
    const [page, socket, failed] = exchanges;
    assert.equal(exchanges.length, 3);
    assert.deepEqual(
      [page!.protocol, page!.request!.target, page!.request!.scheme, page!.response!.status, page!.quality],
      ["h2", "/a?b", "https", 200, "complete"],
    );
    assert.equal(Buffer.from(page!.response!.body.bytes).toString(), 'hello "wor\\');
    assert.deepEqual(page!.connection.local, { kind: "ip", address: "2606:2800::1", port: 443 });
    assert.deepEqual(page!.times.requestStart, { seconds: 1_706_702_400, nanos: 124_000_000 });
    assert.deepEqual(
      [socket!.application[0]!.name, socket!.messages!.length, socket!.request!.scheme],
      ["websocket", 1, "https"],
    );
    assert.deepEqual([failed!.response, failed!.quality, failed!.times], [undefined, "unpaired", {}]);
  });

  test("mitmproxy and Firefox: bodies in base64, sizes that are not known, a body that is not there", () => {
    const { exchanges } = read(
      JSON.stringify({
        log: {
          entries: [
            {
              startedDateTime: "2024-01-31T12:00:00.000000+00:00",
              request: {
                method: "POST",
                url: "http://h:8080/u",
                httpVersion: "HTTP/1.1",
                headers: [],
                bodySize: 3,
                postData: { mimeType: "text/plain", text: "abc", params: [] },
              },
              response: {
                status: 200,
                headers: [],
                content: { size: 2, text: "AP8=", encoding: "base64" },
                bodySize: 2,
              },
            },
            { request: { url: "http://h/" }, response: { status: 200, content: { size: 500, mimeType: "image/png" } } },
          ],
        },
      }),
    );
    assert.equal(Buffer.from(exchanges[0]!.request!.body.bytes).toString(), "abc");
    assert.deepEqual([...exchanges[0]!.response!.body.bytes], [0, 255]);
    assert.equal(exchanges[0]!.request!.authority, "h:8080");
    assert.deepEqual([exchanges[1]!.response!.body.truncated, exchanges[1]!.response!.body.size], [true, 500]);
  });
});

test("entries that are none, too long or cut are told and counted", () => {
  const text = `{"log":{"entries":[{"request":{}},[1],{"b":"${"x".repeat(2000)}"},{"request":{}},{"request":`;
  for (const chunk of [undefined, 1, 100]) {
    const { exchanges, problems, ledger } = read(text, chunk, 1000);
    assert.equal(exchanges.length, 2);
    assert.deepEqual(
      problems.map((problem) => problem.slice(0, 12)),
      ["2 is no JSON", "3 is longer ", "the file end"],
    );
    assert.deepEqual(ledger.format(), ["records: 4 in = 2 handled + 2 skipped (not-json 1, too-long 1)"]);
  }
  const damaged = read('{"log":{"entries":[{"a":tru},{"startedDateTime":"","request":{}}]}}');
  assert.equal(damaged.exchanges.length, 1);
  assert.match(damaged.problems.join(), /^1 is no JSON[^,]*$/);
  assert.deepEqual(read('{"a":1}').problems, ["no log.entries was found: this is no HAR"]);
});

test("any entry at all becomes an exchange", () => {
  for (const wrong of [null, 1, "x", [], {}, [[]], -1, true])
    for (const field of [
      "request",
      "response",
      "timings",
      "connection",
      "_grpc",
      "_webSocketMessages",
      "startedDateTime",
      "_client",
    ]) {
      const { exchanges } = read(JSON.stringify({ log: { entries: [{ [field]: wrong }] } }));
      assert.equal(exchanges.length, 1);
      JSON.parse(write(exchanges));
    }
});

test("an element that is no object is told and counted, whatever it is, and those around it are read", () => {
  const [written] = (JSON.parse(write([PLAIN])) as { log: { entries: object[] } }).log.entries;
  const entry = JSON.stringify(written);
  for (const odd of ["null", "true", "17", '"text"', "[1]"]) {
    for (const chunk of [undefined, 1]) {
      const { exchanges, problems, ledger } = read(`{"log":{"entries":[${entry},${odd},${entry}]}}`, chunk);
      assert.equal(exchanges.length, 2, odd);
      assert.match(problems.join(), /2 is no JSON object/, odd);
      assert.deepEqual(ledger.format(), ["records: 3 in = 2 handled + 1 skipped (not-json 1)"], odd);
    }
    assert.deepEqual(read(`{"log":{"entries":[${odd}]}}`).problems, ["1 is no JSON object"], odd);
  }
});
