/** A head beyond the limits: what is not kept is marked on the exchange, and counted by reason. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { understand } from "../../../test/support/conversation.ts";
import { client, get, HELLO, headers, playHttp2, respond, server } from "../../../test/support/http2-script.ts";
import { MemoryBudget } from "../../model/index.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const KiB = 1024;

const head = (before: number, after = "X-Ok: 1\r\n") =>
  `GET /a HTTP/1.1\r\nX-Long: ${"b".repeat(before)}\r\n${after}\r\n`;

for (const pieceSize of [1, 7, 1460, 65_536, Number.POSITIVE_INFINITY])
  test(`of HTTP/1, in pieces of ${pieceSize}`, () => {
    const limit = 4 * KiB;
    const request = head(limit);
    const { exchanges, analyzer } = understand(
      [
        ["client", request],
        ["server", OK],
        ["close", "fin"],
      ],
      {
        pieceSize,
        limits: { headBytes: limit },
      },
    );
    const { problems, quality, request: seen } = exchanges[0]!;
    assert.deepEqual([problems, quality, seen!.headers], [["head-limit"], "truncated", []]);
    const { entered, handled, truncatedBy } = analyzer.ledger.book("bytes");
    assert.deepEqual([...truncatedBy], [["head-limit", request.length - limit]]);
    assert.equal(handled + request.length - limit, entered);
    assert.equal(entered, request.length + OK.length);
    assert.equal(analyzer.budget.used, 0);
  });

test("fields of 200 KiB are kept, and those after them", () => {
  for (const pieceSize of [1460, Number.POSITIVE_INFINITY]) {
    const { exchanges, analyzer } = understand(
      [
        ["client", head(200 * KiB)],
        ["server", OK],
        ["close", "fin"],
      ],
      { pieceSize },
    );
    const [long, after] = exchanges[0]!.request!.headers;
    assert.deepEqual([long!.value!.length, after], [200 * KiB, { name: "X-Ok", value: "1" }]);
    assert.deepEqual([...analyzer.ledger.book("bytes").truncatedBy], []);
  }
});

test("more fields than are kept, and a trailer section", () => {
  const fields = Array.from({ length: 5 }, (_, index) => `A${index}: 12345\r\n`).join("");
  const trailers = `T: ${"t".repeat(200)}\r\n`;
  const request = `POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n${fields}\r\n0\r\n${trailers}\r\n`;
  for (const pieceSize of [1, 50, Number.POSITIVE_INFINITY]) {
    const { exchanges, analyzer } = understand(
      [
        ["client", request],
        ["server", OK],
        ["close", "fin"],
      ],
      {
        pieceSize,
        limits: { headBytes: 150, headerCount: 3 },
      },
    );
    assert.deepEqual([exchanges[0]!.problems, exchanges[0]!.request!.headers.length], [["head-limit"], 3]);
    const { entered, handled, truncatedBy } = analyzer.ledger.book("bytes");
    // The three fields beyond the third, and what of the trailers is beyond the limit.
    const cut = 3 * "A0: 12345".length + trailers.length + 2 - 150;
    assert.deepEqual([...truncatedBy], [["head-limit", cut]], `in pieces of ${pieceSize}`);
    assert.equal(entered, handled + cut);
  }
});

test("a head for which there is no memory has no fields that are put together of others", () => {
  const fields = Array.from({ length: 400 }, (_, index) => `N${index}: value-of-${index}\r\n`).join("");
  for (let memory = 6000; memory < 16_000; memory += 500) {
    const { exchanges, analyzer } = understand(
      [
        ["client", `GET /a HTTP/1.1\r\n${fields}\r\n`],
        ["server", OK],
        ["close", "fin"],
      ],
      { pieceSize: 100, budget: new MemoryBudget(memory) },
    );
    for (const { name, value } of exchanges.flatMap(({ request }) => request?.headers ?? []))
      assert.equal(value, `value-of-${name!.slice(1)}`);
    assert.ok(analyzer.ledger.balanced);
  }
});

test("of HTTP/2, whose fields are decoded all the same", () => {
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`x-${index + 10}`, "v".repeat(50)]));
  const played = playHttp2(
    [
      ...HELLO,
      client(headers(1, { ":method": "GET", ":path": "/", ...many })),
      server(respond(1, 200)),
      client(get(3, "/b")),
      server(respond(3, 200)),
    ],
    { limits: { headerCount: 12 } },
  );
  const [cut, whole] = played.exchanges;
  assert.deepEqual([cut!.problems, cut!.request!.headers.length, whole!.problems], [["header-limit"], 12, []]);
  const { truncatedBy } = played.analyzer.ledger.book("bytes");
  // Each is a literal: a byte, and name and value with a byte of length each.
  assert.deepEqual([...truncatedBy], [["head-limit", 10 * (1 + 1 + 4 + 1 + 50)]]);
});
