import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Ledger, MemoryBudget, TaplineError, worstExitCode } from "../model/index.ts";
import { LastWords, type LastWordsOptions } from "./last-words.ts";

function createWords(options: Partial<LastWordsOptions> = {}) {
  const ledger = new Ledger();
  let text = "";
  let writes = 0;
  const words = new LastWords({
    ledger,
    write: (piece) => {
      text += piece;
      writes++;
    },
    ...options,
  });
  return { words, ledger, text: () => text, writes: () => writes };
}

const SEEN = { seen: 3, shown: 2, unit: "exchange" };

describe("last words", () => {
  test("no problem is kept", () => {
    // Beyond those that are told, nobody asks a problem for anything that could be kept.
    let asked = 0;
    const problem = {
      toString() {
        asked++;
        return "bad";
      },
    };
    const { words } = createWords();
    for (let i = 0; i < 1000; i++) words.problem(problem);
    words.finish();
    assert.equal(asked, 20);
  });

  test("300 000 problems: 20 are told as they come, and the rest counted", () => {
    const { words, text, writes } = createWords();
    for (let i = 0; i < 300_000; i++) {
      words.problem(i < 100 ? new TaplineError("input", `line ${i}`, { place: { file: "f", line: i } }) : `line ${i}`);
      if (i === 0) assert.equal(text(), "tapline: f:0: line 0\n");
    }
    assert.equal(writes(), 20);
    assert.equal(words.finish(), 1);
    assert.equal(text().split("\n").length, 22);
    assert.match(text(), /\ntapline: 299980 problems more\n$/);
    assert.equal(words.problems, 300_000);
  });

  test("problems of different kinds do not crowd each other out, and kinds are bounded", () => {
    const { words, text } = createWords();
    for (let i = 0; i < 25; i++) words.problem("bad", "bad-line");
    words.note("odd", "unknown");
    for (let i = 0; i < 1000; i++) words.note(`n${i}`, `kind ${i}`);
    words.finish();
    assert.match(text(), /tapline: odd\n/);
    assert.match(text(), /tapline: 5 bad-line problems more\ntapline: 962 other problems more\n/);
  });

  test("what was seen, then the ledger; quiet says neither, unless it does not balance", () => {
    for (const quiet of [false, true])
      for (const isBroken of [false, true]) {
        const { words, ledger, text } = createWords({ quiet });
        ledger.book("bytes").enter(5);
        ledger.book("bytes").settleHandled(isBroken ? 6 : 5);
        const code = words.finish(SEEN);
        assert.equal(code, isBroken ? 4 : 0);
        const whole = "3 exchanges, 2 shown\nnothing lost: 5 bytes\n";
        if (isBroken) assert.match(text(), /^3 exchanges, 2 shown\nbytes: 5 in = 6 handled .*DOES NOT BALANCE/);
        else assert.equal(text(), quiet ? "" : whole);
      }
  });

  test("an output that failed is not called whole", () => {
    const { words, ledger, text } = createWords({ output: { errored: new Error("ENOSPC") } });
    ledger.book("bytes").enter(5);
    ledger.book("bytes").settleHandled(5);
    words.finish(SEEN);
    assert.equal(text(), "");
  });

  test("with nothing open, what is buffered or reserved is missing: exit 4, and its name is said", () => {
    const budget = new MemoryBudget(100);
    const { words, ledger, text } = createWords({ quiet: true, budgets: [budget] });
    ledger.book("bytes").enter(5);
    budget.reserve(7);
    assert.equal(words.finish(), 4);
    assert.equal(
      text(),
      "tapline: bytes: 5 are buffered, and nothing is open\ntapline: memory: 7 bytes are reserved, and nothing is open\n",
    );
  });
});

test("of several exit codes the worst wins", () => {
  const CASES: readonly (readonly [readonly number[], number])[] = [
    [[], 0],
    [[0, 3], 3],
    [[130, 0, 3], 130],
    [[130, 1], 1],
    [[1, 4, 130], 4],
    [[130, 4], 4],
    [[5, 3], 5],
    [[0, 137], 137],
    [[130, 137], 137],
    [[4, 137], 4],
  ];
  for (const [codes, worst] of CASES) {
    assert.equal(worstExitCode(codes), worst, codes.join());
    assert.equal(worstExitCode([...codes].reverse()), worst, codes.join());
  }
});
