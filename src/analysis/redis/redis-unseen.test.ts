import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type ConversationOptions, type Step, understand } from "../../../test/support/conversation.ts";
import { Random } from "../../../test/support/random.ts";
import { bulk, command, summarize } from "../../../test/support/redis/summarize.ts";
import type { Exchange } from "../../model/index.ts";

describe("RedisAnalyzer, where a part was not seen", () => {
  const midStream = { connection: { opened: undefined }, roleUnknown: true } as unknown as ConversationOptions;

  it("finds the first command and the first reply in a connection that was joined late", () => {
    const steps: Step[] = [
      ["server", `lue of a hash\r\n${bulk("f2")}${bulk("v2")}:1\r\n`],
      ["client", `rest of a value\r\n${command("GET", "k")}`],
      ["server", bulk("v")],
      ["client", command("GET", "k")],
      ["server", bulk("v")],
    ];
    const seen = understand(steps, { ...midStream, stepMillis: 10 }).emitted.map(summarize);
    assert.deepEqual(seen.slice(-2), ['GET k → "v" | mid-stream', 'GET k → "v" | mid-stream']);
    for (const line of seen) assert.match(line, /mid-stream/);
  });

  it("trusts a connection that was joined late after three commands in turn", () => {
    const turn: Step[] = [
      ["client", command("GET", "k")],
      ["server", bulk("v")],
    ];
    const seen = understand([...turn, ...turn, ...turn, ...turn, ...turn], { ...midStream, stepMillis: 10 }).emitted;
    assert.deepEqual(
      seen.map(({ quality }) => quality),
      ["mid-stream", "mid-stream", "mid-stream", "complete", "complete"],
    );
  });

  it("pairs nothing where there are more replies than commands, or one that cannot be", () => {
    const steps: Step[] = [
      ["client", command("GET", "k")],
      ["server", ":1\r\n"],
      ["client", command("INCR", "k")],
      ["server", ":2\r\n"],
      ["server", ":3\r\n"],
      ["client", command("GET", "k")],
      ["server", bulk("v")],
    ];
    const seen = understand(steps, { ...midStream, stepMillis: 10 }).emitted.map(summarize);
    assert.deepEqual(seen, [
      "GET k → ? | mid-stream request-without-response",
      "? → (integer) 1 | mid-stream response-without-request",
      "INCR k → ? | mid-stream request-without-response",
      "? → (integer) 2 | mid-stream response-without-request",
      "? → (integer) 3 | mid-stream response-without-request",
      'GET k → "v" | mid-stream',
    ]);
  });

  const numbered = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, at): Step[] => [
      ["client", command("GET", `k${from + at}`)],
      ["server", bulk(`v${from + at}`)],
    ]).flat();

  /** No pair is wrong, whatever its quality. */
  function checkPairs(steps: readonly Step[], options: ConversationOptions = {}): readonly Exchange[] {
    const { emitted: exchanges, analyzer } = understand(steps, { stepMillis: 1, ...options });
    for (const exchange of exchanges) {
      const [, key, value] = /^GET k(\d+) → "v(\d+)"/.exec(summarize(exchange)) ?? [];
      if (value !== undefined) assert.equal(value, key, summarize(exchange));
    }
    assert.equal(analyzer.ledger.book("bytes").imbalance, 0);
    assert.equal(analyzer.budget.used, 0);
    return exchanges;
  }

  it("pairs nothing wrongly after a lost command, or a lost reply", () => {
    const size = command("GET", "k7").length;
    for (const lost of ["client", "server"] as const) {
      const steps: Step[] = [...numbered(10, 17)];
      const gap: Step = lost === "client" ? ["client-gap", size] : ["server-gap", bulk("v17").length];
      if (lost === "client") steps.push(gap, ["server", bulk("v17")]);
      else steps.push(["client", command("GET", "k17")], gap);
      const exchanges = checkPairs([...steps, ...numbered(18, 25)]);
      assert.equal(exchanges.filter(({ quality }) => quality === "complete").length, 14, lost);
    }
  });

  it("pairs nothing wrongly in a pipelined connection with holes", () => {
    const random = new Random();
    for (let round = 0; round < 60; round++) {
      const steps: Step[] = [];
      let next = 100;
      for (let batch = 0; batch < 8; batch++) {
        const count = 1 + random.below(5);
        const keys = Array.from({ length: count }, () => next++);
        const lost = random.below(8);
        for (const key of keys)
          steps.push(
            lost === 0 && random.chance(2)
              ? ["client-gap", command("GET", `k${key}`).length]
              : ["client", command("GET", `k${key}`)],
          );
        for (const key of keys)
          steps.push(
            lost === 1 && random.chance(2) ? ["server-gap", bulk(`v${key}`).length] : ["server", bulk(`v${key}`)],
          );
      }
      try {
        checkPairs(steps);
      } catch (error) {
        throw new Error(`seed ${random.seed}, round ${round}`, { cause: error });
      }
    }
  });
});
