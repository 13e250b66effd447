/** An exchange gives back its share of the budget when it is over, not when its connection is: connections live for days. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { data as dataFrame, get, HELLO, headers, respond, rst } from "../../test/support/http2-script.ts";
import { type Connection, type Direction, timestampFromMillis } from "../model/index.ts";
import { Analyzer } from "./analyzer.ts";

type Pieces = readonly (readonly [sender: "client" | "server", bytes: string | Uint8Array])[];

const GET = "GET /a HTTP/1.1\r\nHost: h\r\nCookie: a=b\r\n\r\n";
const UPGRADE = "GET /a HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n";
const POST = "POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n";

/** Rounds that are played again and again on one connection, and what goes before them. */
const ROUNDS: Readonly<Record<string, { readonly before?: Pieces; readonly round: (turn: number) => Pieces }>> = {
  "HTTP/1": {
    round: () => [
      ["client", GET],
      ["server", OK],
    ],
  },
  "HTTP/1, pipelined": {
    round: () => [
      ["client", GET + GET],
      ["server", OK + CHUNKED],
    ],
  },
  "HTTP/1, answered before the end": {
    round: () => [
      ["client", POST],
      ["server", OK],
      ["client", "hello"],
    ],
  },
  "HTTP/1, continued": {
    round: () => [
      ["client", POST],
      ["server", "HTTP/1.1 100 Continue\r\n\r\n"],
      ["client", "hello"],
      ["server", CHUNKED],
    ],
  },
  "an upgrade that is refused, and what was sent with it": {
    round: () => [
      ["client", UPGRADE + GET],
      ["server", OK + OK],
    ],
  },
  "HTTP/2": {
    before: HELLO.map((step) => ["client", "data" in step ? step.data : ""] as const).slice(0, 1),
    round: (turn) => [
      ["client", join(get(turn * 6 + 1, "/a"), headers(turn * 6 + 3, { ":method": "POST", ":path": "/b" }, "open"))],
      ["server", respond(turn * 6 + 1, 200, "open")],
      ["client", join(dataFrame(turn * 6 + 3, "hello", "end"), get(turn * 6 + 5, "/c"))],
      ["server", join(dataFrame(turn * 6 + 1, "hello", "end"), respond(turn * 6 + 3, 204), rst(turn * 6 + 5, 8))],
    ],
  },
  Redis: {
    round: () => [
      ["client", "*2\r\n$3\r\nGET\r\n$1\r\na\r\n"],
      ["server", "$1\r\nb\r\n"],
    ],
  },
};

for (const [name, { before = [], round }] of Object.entries(ROUNDS))
  for (const pieceSize of [1, 7, 4096])
    test(`${name}, in pieces of ${pieceSize}: after a hundred rounds no more is held than after a few`, () => {
      let handedOn = 0;
      const analyzer = new Analyzer({ emit: () => handedOn++ });
      const connection: Connection = {
        ...{ id: 1n, transport: "tcp", role: "server", opened: timestampFromMillis(0) },
        local: { kind: "ip", address: "10.0.0.2", port: 80 },
        remote: { kind: "ip", address: "10.0.0.1", port: 40000 },
      };
      const observer = analyzer.attach(connection);
      const offsets = { read: 0, write: 0 };
      const play = (pieces: Pieces, seconds: number): void => {
        for (const [sender, text] of pieces) {
          const bytes = typeof text === "string" ? Buffer.from(text, "latin1") : text;
          const direction: Direction = sender === "client" ? "read" : "write";
          for (let from = 0; from < bytes.length; from += pieceSize) {
            const data = Uint8Array.from(bytes.subarray(from, from + pieceSize));
            const time = timestampFromMillis(seconds * 1000);
            observer.observe({ kind: "data", connection, time, direction, offset: offsets[direction], data });
            offsets[direction] += data.length;
          }
        }
      };
      play(before, 0);
      let held = 0;
      for (let turn = 0; turn < 100; turn++) {
        play(round(turn), turn + 1);
        if (turn === 9) held = analyzer.budget.used;
      }
      assert.ok(analyzer.budget.used <= held, `${held} bytes became ${analyzer.budget.used}`);
      assert.ok(handedOn >= 100, `${handedOn} exchanges`);
      analyzer.finish();
      assert.equal(analyzer.budget.used, 0);
    });

function join(...frames: Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(frames));
}
