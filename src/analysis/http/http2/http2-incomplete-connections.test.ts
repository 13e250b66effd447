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
  type Step,
  server,
  summarize,
  text,
} from "../../../../test/support/http2-script.ts";

describe("connections joined late", () => {
  const late = { midStream: true };

  test("what was inserted before is unknown; when it is inserted again, exchanges are whole", () => {
    const played = playHttp2(
      [
        client(frame(1, 5, 7, `82${indexed(62)}86${indexed(63)}`), ping),
        server(respond(7, 200), ping),
        client(frame(1, 5, 9, `82${block({ ":path+": "/known", ":authority+": "b.test" })}86`)),
        server(respond(9, 200)),
        client(frame(1, 5, 11, `82${indexed(63)}86${indexed(62)}`)),
        server(respond(11, 200)),
      ],
      late,
    );
    assert.deepEqual(summarize(played), [
      "7 GET ? -> 200 mid-stream",
      "9 GET /known -> 200 complete",
      "11 GET /known -> 200 complete",
    ]);
    assert.deepEqual(listHeaders(played.exchanges[0]!.request!.headers), [
      ":method: GET",
      "?: ?",
      ":scheme: http",
      "?: ?",
    ]);
    assert.equal(played.exchanges[2]!.request!.authority, "b.test");
  });

  test("who is the client is seen from either direction", () => {
    for (const role of ["server", "client"] as const) {
      const swap = (steps: Step[]): Step[] =>
        role === "server"
          ? steps
          : steps.map((step) => ({ ...step, direction: step.direction === "read" ? "write" : "read" }));
      const request = client(get(7, "/"), ping);
      const response = server(respond(7, 200), ping);
      const unclear = client(frame(1, 5, 9, indexed(70)), ping, ping);
      for (const steps of [
        [request, response],
        [unclear, server(respond(9, 200), ping), request, response],
      ]) {
        const played = playHttp2(swap(steps), late);
        assert.equal(played.connection.role, role);
        assert.equal(summarize(played).at(-1), "7 GET / -> 200 complete");
      }
    }
  });

  test("a stream whose request was missed, and one that was open", () => {
    assert.deepEqual(
      summarize(
        playHttp2(
          [
            server(data(3, "the rest"), ping, data(3, " of it", "end"), respond(5, 200)),
            client(get(7, "/"), ping),
            server(respond(7, 200)),
          ],
          late,
        ),
      ),
      [
        "5 (no request) -> 200 mid-stream [response-without-request]",
        "3 (no request) -> ? mid-stream [response-without-request]",
        "7 GET / -> 200 complete",
      ],
    );
  });

  test("a request that is found only after its response", () => {
    // The client's first frame may be anything: it is held.
    assert.deepEqual(
      summarize(
        playHttp2(
          [
            server(ping, ping, ping),
            client(frame(1, 4, 9, `${indexed(62)}${indexed(62)}`).subarray(0, 10)),
            server(respond(9, 200)),
            client(frame(1, 4, 9, `${indexed(62)}${indexed(62)}`).subarray(10), data(9, "x", "end"), ping, ping),
          ],
          late,
        ),
      ),
      ["9 ? ? -> 200 mid-stream"],
    );
  });
});

describe("gaps", () => {
  test("within a body: the next exchange is whole", () => {
    const response = concat(respond(1, 200, "open"), data(1, "0123456789", "end"), respond(3, 200));
    const at = respond(1, 200, "open").length + 9 + 2;
    const played = playHttp2([
      ...HELLO,
      client(get(1, "/1"), get(3, "/3")),
      server(response.subarray(0, at)),
      { direction: "write", gap: 5 },
      server(response.subarray(at + 5)),
    ]);
    assert.deepEqual(summarize(played), ["1 GET /1 -> 200 gap", "3 GET /3 -> 200 complete"]);
    const { body } = played.exchanges[0]!.response!;
    assert.deepEqual([text(body.bytes), body.size, body.truncated, body.complete], ["01", 10, true, false]);
  });

  test("what the tap cut off is truncated, not lost", () => {
    const response = concat(respond(1, 200, "open"), data(1, "0123456789", "end"));
    const played = playHttp2([
      ...HELLO,
      client(get(1, "/1")),
      server(response.subarray(0, response.length - 5)),
      { direction: "write", gap: 5, reason: "truncated" },
    ]);
    assert.deepEqual(summarize(played), ["1 GET /1 -> 200 truncated"]);
  });

  test("over headers: the table is unknown until it is filled again", () => {
    const played = playHttp2([
      ...HELLO,
      client(headers(1, { ":method": "GET", ":path+": "/1" })),
      server(respond(1, 200)),
      client(headers(3, { ":method": "GET", ":path": "/3" }, "open")),
      { direction: "read", gap: undefined },
      client(frame(1, 5, 5, `82${indexed(62)}`), ping),
      server(respond(3, 200), respond(5, 200)),
      client(headers(7, { ":method": "GET", ":path+": "/7" }), frame(1, 5, 9, `82${indexed(62)}`)),
      server(respond(7, 200), respond(9, 200)),
    ]);
    assert.deepEqual(summarize(played), [
      "1 GET /1 -> 200 complete",
      "3 GET /3 -> 200 gap",
      "5 GET ? -> 200 mid-stream",
      "7 GET /7 -> 200 complete",
      "9 GET /7 -> 200 complete",
    ]);
  });
});

describe("bounds", () => {
  test("streams: the oldest makes room", () => {
    const requests = Array.from({ length: 5 }, (_, index) => get(2 * index + 1, `/${index}`));
    const played = playHttp2([...HELLO, client(...requests)], { limits: { streams: 3 } });
    assert.deepEqual(
      played.exchanges.map(({ streamId, problems }) => `${streamId} ${problems[0]}`),
      [
        "1 stream-limit",
        "3 stream-limit",
        "5 request-without-response",
        "7 request-without-response",
        "9 request-without-response",
      ],
    );
  });

  test("rapid reset: every stream is told, none is kept", () => {
    const steps: Step[] = [...HELLO];
    for (let id = 1; id < 20_000; id += 2) steps.push(client(get(id, "/"), rst(id, 8)));
    const { exchanges, analyzer } = playHttp2(steps);
    assert.equal(exchanges.length, 10_000);
    assert.ok(analyzer.budget.peak < 64 * 1024, `${analyzer.budget.peak} bytes at once`);
  });

  test("an identifier that was damaged hides no request behind it; a late frame opens none again", () => {
    const played = playHttp2([
      ...HELLO,
      client(get(1, "/1")),
      server(respond(1, 200)),
      client(get(0x440003, "/3")),
      server(respond(3, 200)),
      client(get(5, "/5"), get(7, "/7")),
      server(respond(5, 200), respond(7, 200), respond(3, 200), respond(1, 200)),
    ]);
    assert.deepEqual(summarize(played), [
      "1 GET /1 -> 200 complete",
      "3 (no request) -> 200 unpaired [response-without-request]",
      "5 GET /5 -> 200 complete",
      "7 GET /7 -> 200 complete",
      "4456451 GET /3 -> (no response) unpaired [request-without-response]",
    ]);
  });

  test("CONTINUATION flood", () => {
    const flood = Array.from({ length: 1000 }, () => frame(9, 0, 1, block({ "x-a": "b".repeat(100) })));
    const played = playHttp2([
      ...HELLO,
      client(frame(1, 1, 1, block({ ":method": "GET" })), ...flood, frame(9, 4, 1), get(3, "/")),
      server(respond(3, 200)),
    ]);
    assert.deepEqual(summarize(played), [
      "3 GET / -> 200 complete",
      "1 ? ? -> (no response) unpaired [lost-headers:too-large request-without-response]",
    ]);
  });

  test("a header list that is too long, a body that is too long", () => {
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`x-${index}`, "v"]));
    const played = playHttp2(
      [
        ...HELLO,
        client(headers(1, { ":method": "GET", ":path": "/", ...many })),
        server(respond(1, 200, "open"), data(1, "0123456789", "end")),
      ],
      { limits: { headerCount: 10, bodyBytes: 4 } },
    );
    assert.deepEqual(summarize(played), ["1 GET / -> 200 truncated [header-limit]"]);
    const { request, response } = played.exchanges[0]!;
    assert.equal(request!.headers.length, 10);
    assert.deepEqual([text(response!.body.bytes), response!.body.size], ["0123", 10]);
  });

  test("no memory at all", () => {
    const played = playHttp2([...HELLO, client(get(1, "/")), server(respond(1, 200, "open"), data(1, "abc", "end"))], {
      memory: 100,
    });
    // Each event finds that the connection has to make room, and the next joins it late.
    assert.deepEqual(summarize(played), ["0 ? ? -> (no response) mid-stream"]);
  });
});
