import assert from "node:assert/strict";
import { test } from "node:test";
import { conversePackets, understandPackets } from "../../test/support/http1-packets.ts";
import { Random } from "../../test/support/random.ts";
import { duration, timeToFirstByte } from "./filter/attributes/measures.ts";
import { exchangeDocument } from "./protocols/index.ts";

test("an answer captured before its request: the pair is right, its duration unknown", () => {
  const sent = conversePackets(new Random(1), 4000, { pairs: 3, pipelined: 1, acknowledges: false });
  const request = sent.findIndex(({ carries }) => carries === "q1");
  const answers = sent.filter(({ carries }) => carries === "r1");
  const others = sent.filter(({ carries }) => carries !== "r1");
  const captured = others.toSpliced(request, 0, ...answers);
  const { exchanges } = understandPackets(captured);
  assert.deepEqual(
    exchanges.map((exchange) => [exchange.quality, exchange.problems, duration(exchange) === undefined]),
    [
      ["complete", [], false],
      ["complete", ["times-disagree"], true],
      ["complete", [], false],
    ],
  );
  assert.equal(timeToFirstByte(exchanges[1]!), undefined);
  assert.ok(!("durationMs" in JSON.parse(JSON.stringify(exchangeDocument(exchanges[1]!)))));
});
