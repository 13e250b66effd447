import assert from "node:assert/strict";
import { test } from "node:test";
import { frame } from "../../../test/support/frame-recorder.ts";
import { block, client, indexed, ping, playHttp2, respond, server } from "../../../test/support/http2-script.ts";
import type { HttpExchange } from "../../model/index.ts";
import { httpCells } from "./cells.ts";

test("in the list, what is unknown of a message looks other than a message that is missing", () => {
  const { exchanges } = playHttp2(
    [
      client(frame(1, 5, 7, `${indexed(62)}86${indexed(63)}`), ping),
      server(frame(1, 5, 7, indexed(70)), ping),
      client(frame(1, 5, 9, `82${block({ ":path": "/known", ":authority": "b.test" })}86`)),
      server(respond(11, 200)),
    ],
    { midStream: true },
  );
  const cells = exchanges.map((exchange) => httpCells(exchange as HttpExchange));
  assert.deepEqual(
    cells.map(({ verb, host, target, status }) => [verb, host, target, status]),
    [
      ["?", "?", "?", "?"],
      ["-", undefined, undefined, "200"],
      ["GET", "b.test", "/known", undefined],
    ],
  );
});
