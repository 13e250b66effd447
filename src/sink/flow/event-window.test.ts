import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryBudget, type Submission } from "../../model/index.ts";
import { FlowEventReader } from "../../wire/cilium/index.ts";
import { EventWindow } from "./event-window.ts";
import { type MonitorItem, type MonitorOutput, reasonOf } from "./monitor-output.ts";

const LINE = JSON.stringify({ type: "drop", reason: "x", mark: "0x0" });
const ITEM: MonitorItem = { json: JSON.parse(LINE), line: LINE, origin: {} };
const NOTHING = (): void => {};

/** The window of the last hundred events, with room for so many. */
function open(room: number) {
  const budget = new MemoryBudget(room * LINE.length);
  const settled: (string | undefined)[] = [];
  let shown = 0;
  const output: MonitorOutput = {
    submit: (): Submission => {
      shown++;
      return "taken";
    },
    whenReady: async () => {},
    flush: async () => {},
    close: async () => {},
  };
  const window = new EventWindow({
    ...{ output, flows: new FlowEventReader(), reasonToSkip: () => undefined, onComplete: NOTHING, budget },
    ...{ since: undefined, until: undefined, first: undefined, last: { count: 100 } },
    settle: (reason) => settled.push(reason),
  });
  return { window, budget, settled, shown: () => shown };
}

test("held events are charged to the budget, which lets the oldest go", async () => {
  const { window, budget, settled, shown } = open(3);
  for (let number = 0; number < 5; number++) assert.equal(reasonOf(window.submit(ITEM)), "held");
  assert.deepEqual([settled, budget.used], [["not-held", "not-held"], budget.limit]);
  await window.close(0);
  assert.deepEqual([settled.slice(2), shown(), budget.used], [[undefined, undefined, undefined], 3, 0]);
});

test("an event that there is no room for at all is not held", async () => {
  const { window, budget, settled, shown } = open(0);
  assert.deepEqual(window.submit(ITEM), { dropped: "not-held" });
  await window.close(0);
  assert.deepEqual([settled, shown(), budget.used], [[], 0, 0]);
});
