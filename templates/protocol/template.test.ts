import assert from "node:assert/strict";
import { test } from "node:test";
import { type Step, understand } from "../../../test/support/conversation.ts";
import { fieldsOf } from "../../wire/json/fields.ts";
import { compileFilter } from "../filter/index.ts";
import { EXCHANGE_CODEC, rowOf } from "../protocols/index.ts";

const CONVERSATION: readonly Step[] = [
  ["client", "ASK the time\r\nASK the "],
  ["client", "way\r\n"],
  ["server", "YES noon\r\nNO idea\r\n"],
  ["client", "ASK once more\r\n"],
  ["close", "fin"],
];

test("questions and answers are paired, wherever the bytes are cut", () => {
  for (let pieceSize = 1; pieceSize <= 40; pieceSize++) {
    const { exchanges, analyzer } = understand(CONVERSATION, { pieceSize });
    assert.deepEqual(
      exchanges.map((exchange) => {
        const { verb, target, status } = rowOf(exchange).cells(exchange);
        const { result, reason } = rowOf(exchange).outcome(exchange)!;
        return [verb, target, status, result, reason].filter((word) => word !== undefined).join(" ");
      }),
      ["ASK the time YES ok", "ASK the way NO error idea", "ASK once more none request-without-response"],
    );
    assert.equal(analyzer.budget.used, 0);
    const { entered, handled } = analyzer.ledger.book("bytes");
    assert.equal(handled, entered);
  }
});

test("bytes that are never part of a line are accounted for", () => {
  const { analyzer } = understand([["client", "ASK half a quest"]]);
  assert.equal(analyzer.ledger.book("bytes").truncated, 16);
  assert.ok(analyzer.ledger.balanced);
});

test("other protocols are left alone", () => {
  const { exchanges } = understand([
    ["client", "ASKED "],
    ["close", "fin"],
  ]);
  assert.deepEqual(
    exchanges.map(({ protocol }) => protocol),
    ["tcp"],
  );
});

test("filters find them, and documents hold them whole", () => {
  const { exchanges } = understand(CONVERSATION);
  const filter = compileFilter("template && template.question.endsWith('way') && error");
  assert.deepEqual(
    exchanges.map((exchange) => filter.matches("exchange", exchange)),
    [false, true, false],
  );
  for (const exchange of exchanges) {
    const document = JSON.parse(JSON.stringify(EXCHANGE_CODEC.writeDocument(exchange)));
    assert.deepEqual(EXCHANGE_CODEC.readDocument(fieldsOf(document), exchange.connection), exchange);
  }
});
