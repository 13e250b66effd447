import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { concat, frame } from "../../../../test/support/frame-recorder.ts";
import {
  block,
  client,
  data,
  get,
  HELLO,
  headers,
  indexed,
  listHeaders,
  ping,
  playHttp2,
  respond,
  rst,
  SETTINGS,
  server,
  summarize,
  text,
} from "../../../../test/support/http2-script.ts";
import { PREFACE } from "../../../wire/http2/index.ts";

describe("whole connections", () => {
  test("requests and their responses, interleaved", () => {
    const played = playHttp2([
      ...HELLO,
      client(get(1, "/a"), headers(3, { ":method": "POST", ":path": "/b" }, "open")),
      client(data(3, "hel"), get(5, "/c")),
      server(respond(5, 204)),
      client(data(3, "lo", "end")),
      server(respond(3, 200, "open"), respond(1, 404, "open"), data(3, "th"), data(1, "no"), data(3, "ere", "end")),
      server(data(1, "", "end")),
    ]);
    assert.deepEqual(summarize(played), [
      "5 GET /c -> 204 complete",
      "3 POST /b -> 200 complete",
      "1 GET /a -> 404 complete",
    ]);
    const [, post, get1] = played.exchanges;
    assert.equal(text(post!.request!.body.bytes), "hello");
    assert.equal(text(post!.response!.body.bytes), "there");
    assert.deepEqual(
      [get1!.request!.authority, get1!.request!.scheme, get1!.request!.body.complete, get1!.response!.body.size],
      ["a.test", "http", true, 2],
    );
    assert.equal(played.connection.role, "server");
    assert.deepEqual(
      played.exchanges.map(({ id, index }) => [id, index]),
      [
        [2, 2],
        [1, 1],
        [0, 0],
      ],
    );
    const { times } = post!;
    assert.deepEqual(
      [times.requestStart, times.requestEnd, times.responseStart, times.responseEnd].map((time) => time?.seconds),
      [4, 7, 8, 8],
    );
  });

  test("the same at every split", () => {
    const request = concat(
      PREFACE,
      SETTINGS,
      get(1, "/a"),
      frame(1, 1, 3, block({ ":method": "GET" })),
      frame(9, 4, 3, block({ ":path+": "/long" })),
      frame(1, 0x2d, 5, `02${"0000000010"}${block({ ":method": "PUT" })}${indexed(62)}0000`),
    );
    const response = concat(
      SETTINGS,
      respond(1, 100, "open"),
      respond(1, 200, "open"),
      frame(0, 8, 1, "0362616400000000"),
      headers(1, { "x-checksum": "1" }),
      respond(3, 200),
      respond(5, 201),
    );
    const expected = [
      "1 GET /a -> 200 complete after 100",
      "3 GET /long -> 200 complete",
      "5 PUT /long -> 201 complete",
    ];
    const splits = (bytes: Uint8Array, at: number) => [bytes.subarray(0, at), bytes.subarray(at)];
    for (let at = 0; at <= request.length; at++)
      assert.deepEqual(
        summarize(playHttp2([...splits(request, at).map((part) => client(part)), server(response)])),
        expected,
      );
    for (let at = 0; at <= response.length; at++) {
      const played = playHttp2([client(request), ...splits(response, at).map((part) => server(part))]);
      assert.deepEqual(summarize(played), expected);
      assert.deepEqual(listHeaders(played.exchanges[0]!.response!.trailers), ["x-checksum: 1"]);
    }
  });

  test("a server that is heard first, and a client that is not heard at all", () => {
    assert.deepEqual(
      summarize(playHttp2([server(SETTINGS), client(PREFACE, SETTINGS, get(1, "/")), server(respond(1, 200))])),
      ["1 GET / -> 200 complete"],
    );
    assert.deepEqual(summarize(playHttp2([server(SETTINGS, respond(1, 200))])), [
      "1 (no request) -> 200 unpaired [response-without-request]",
    ]);
  });

  test("a pushed response", () => {
    const promise = frame(5, 4, 1, `00000002${block({ ":method": "GET", ":path": "/style" })}`);
    assert.deepEqual(
      summarize(
        playHttp2([
          ...HELLO,
          client(get(1, "/")),
          server(promise, respond(1, 200), respond(2, 200, "open"), data(2, "css", "end")),
          server(frame(5, 4, 1, `00000004${block({ ":method": "GET", ":path": "/never" })}`)),
          client(rst(4, 8)),
        ]),
      ),
      [
        "1 GET / -> 200 complete",
        "2 GET /style -> 200 complete",
        "4 GET /never -> (no response) unpaired [reset:CANCEL]",
      ],
    );
  });

  test("resets, and frames that come late", () => {
    assert.deepEqual(
      summarize(
        playHttp2([
          ...HELLO,
          client(get(1, "/slow"), headers(3, { ":method": "POST", ":path": "/up" }, "open")),
          client(rst(1, 8)),
          server(respond(1, 200, "open"), data(1, "late", "end"), rst(1, 5)),
          server(respond(3, 413), rst(3, 0)),
          client(data(3, "more"), data(3, "", "end")),
        ]),
      ),
      ["1 GET /slow -> (no response) unpaired [reset:CANCEL]", "3 POST /up -> 413 unfinished"],
    );
  });

  test("GOAWAY: streams above the last one are not answered", () => {
    const goaway = (last: number, code: number) =>
      frame(7, 0, 0, last.toString(16).padStart(8, "0") + code.toString(16).padStart(8, "0"));
    assert.deepEqual(
      summarize(
        playHttp2([
          ...HELLO,
          client(get(1, "/1"), get(3, "/3")),
          server(goaway(0x7fffffff, 0), goaway(1, 0), respond(1, 200)),
          client(get(5, "/5")),
          server(goaway(5, 11)),
        ]),
      ),
      [
        "3 GET /3 -> (no response) unpaired [goaway:NO_ERROR request-without-response]",
        "1 GET /1 -> 200 complete",
        "5 GET /5 -> (no response) unpaired [goaway:ENHANCE_YOUR_CALM request-without-response]",
      ],
    );
  });

  test("what is open when the connection is", () => {
    assert.deepEqual(
      summarize(
        playHttp2([...HELLO, client(get(1, "/1"), get(3, "/3")), server(respond(3, 200, "open"), data(3, "x"))], {
          how: "reset",
        }),
      ),
      [
        "1 GET /1 -> (no response) unpaired [connection-reset request-without-response]",
        "3 GET /3 -> 200 unfinished [connection-reset]",
      ],
    );
  });

  test("lengths that are not what was announced", () => {
    const played = playHttp2([
      ...HELLO,
      client(headers(1, { ":method": "HEAD", ":path": "/" }), get(3, "/")),
      server(headers(1, { ":status": "200", "content-length": "5" })),
      server(headers(3, { ":status": "200", "content-length": "5" }, "open"), data(3, "abc", "end")),
    ]);
    assert.deepEqual(summarize(played), [
      "1 HEAD / -> 200 complete",
      "3 GET / -> 200 complete [response-content-length-mismatch]",
    ]);
  });

  test("an upgrade from HTTP/1: the answer comes on stream 1", () => {
    // Their table may have 100 bytes: the server may say so, and may not say more.
    const request =
      "GET /up HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAABk\r\n\r\n";
    const switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n";
    const response = concat(SETTINGS, respond(1, 200, "open"), data(1, "hello", "end"));
    for (const after of [
      [server(Buffer.from(switching), response), client(PREFACE, SETTINGS)],
      [server(Buffer.from(switching)), client(PREFACE, SETTINGS), server(response)],
    ]) {
      const played = playHttp2([
        client(Buffer.from(request)),
        ...after,
        client(get(3, "/next")),
        server(respond(3, 204)),
      ]);
      assert.deepEqual(summarize(played), ["1 GET /up -> 200 complete after 101", "3 GET /next -> 204 complete"]);
      const [upgraded] = played.exchanges;
      assert.deepEqual([upgraded!.protocol, upgraded!.request!.authority, upgraded!.index], ["h2", "a.test", 0]);
      assert.equal(text(upgraded!.response!.body.bytes), "hello");
    }
  });

  test("a tunnel's inside, a WebSocket's messages, an event stream's events", () => {
    const inside = concat(PREFACE, SETTINGS, get(1, "/inside"));
    const played = playHttp2([
      ...HELLO,
      client(headers(1, { ":method": "CONNECT", ":authority": "b.test:80" }, "open")),
      server(respond(1, 200, "open")),
      client(data(1, text(inside))),
      server(data(1, text(concat(SETTINGS, respond(1, 204))), "end")),
      client(data(1, "", "end")),
      client(headers(3, { ":method": "CONNECT", ":protocol": "websocket", ":path": "/chat" }, "open")),
      server(respond(3, 200, "open")),
      client(data(3, "\x81\x82\0\0\0\0hi")),
      server(data(3, "\x81\x03"), data(3, "you", "end")),
      client(data(3, "", "end")),
      client(headers(5, { ":method": "GET", ":path": "/events" })),
      server(headers(5, { ":status": "200", "content-type": "text/event-stream" }, "open")),
      server(data(5, "data: 1\n\ndata"), data(5, ": 2\n\n", "end")),
    ]);
    assert.deepEqual(summarize(played), [
      "1 GET /inside -> 204 complete",
      "1 CONNECT ? -> 200 complete",
      '3 CONNECT /chat -> 200 complete websocket c:"hi" s:"you"',
      '5 GET /events -> 200 complete sse s:"data: 1" s:"data: 2"',
    ]);
  });
});

/** A call of gRPC, and a message of one. */
const CALL = { ":method": "POST", ":path": "/s.S/M", "content-type": "application/grpc" };
const message = (content: string) => `\0\0\0\0${String.fromCharCode(content.length)}${content}`;

test("conversations are shown while they last", () => {
  const shown: string[] = [];
  const played = playHttp2(
    [
      ...HELLO,
      client(headers(1, CALL, "open"), data(1, message("a"))),
      server(headers(1, { ":status": "200", "content-type": "application/grpc" }, "open"), data(1, message("b"))),
      client(data(1, message("c"), "end")),
      server(headers(1, { "grpc-status": "0" })),
    ],
    { progress: (exchange) => shown.push(...summarize({ exchanges: [exchange] })) },
  );
  assert.deepEqual(shown, [
    '1 POST /s.S/M -> (no response) unpaired grpc c:"a"',
    '1 POST /s.S/M -> 200 unfinished grpc c:"a" s:"b"',
    '1 POST /s.S/M -> 200 unfinished grpc c:"a" s:"b" c:"c"',
  ]);
  assert.deepEqual(summarize(played), ['1 POST /s.S/M -> 200 complete grpc 0 OK c:"a" s:"b" c:"c"']);
});

describe("gRPC", () => {
  test("messages stand in the order in which they came, whatever a clock says that jumps", () => {
    const played = playHttp2(
      [
        ...HELLO,
        client(headers(1, CALL, "open"), data(1, message("a"))),
        server(headers(1, { ":status": "200", "content-type": "application/grpc" }, "open"), data(1, message("b"))),
        client(data(1, message("c"), "end")),
        server(data(1, message("d")), headers(1, { "grpc-status": "0" })),
      ],
      { clock: (step) => 1000 - step },
    );
    assert.deepEqual(
      played.exchanges[0]!.messages?.map(({ from, bytes }) => `${from} ${Buffer.from(bytes)}`),
      ["client a", "server b", "client c", "server d"],
    );
  });

  const call = (streamId: number) =>
    headers(streamId, { ":method": "POST", ":path": "/s.S/M", "content-type": "application/grpc" }, "open");

  test("messages and status, whatever the frames", () => {
    assert.deepEqual(
      summarize(
        playHttp2([
          ...HELLO,
          client(
            call(1),
            data(1, message("one").slice(0, 3)),
            data(1, message("one").slice(3) + message("two"), "end"),
          ),
          server(headers(1, { ":status": "200", "content-type": "application/grpc" }, "open"), data(1, message("ok"))),
          server(headers(1, { "grpc-status": "5", "grpc-message": "not%20here" })),
          client(call(3), data(3, "", "end")),
          server(headers(3, { ":status": "200", "content-type": "application/grpc", "grpc-status": "12" })),
        ]),
      ),
      [
        '1 POST /s.S/M -> 200 complete grpc 5 NOT_FOUND not here c:"one" c:"two" s:"ok"',
        "3 POST /s.S/M -> 200 complete grpc 12 UNIMPLEMENTED",
      ],
    );
  });

  test("joined where the content type is unknown", () => {
    assert.deepEqual(
      summarize(
        playHttp2(
          [
            client(frame(1, 4, 7, `83${indexed(62)}${indexed(63)}`), data(7, message("one"), "end"), ping),
            server(
              frame(1, 4, 7, `88${indexed(64)}`),
              data(7, message("ok")),
              headers(7, { "grpc-status": "0" }),
              ping,
            ),
          ],
          { midStream: true },
        ),
      ),
      ['7 POST ? -> 200 mid-stream grpc 0 OK c:"one" s:"ok"'],
    );
  });
});
