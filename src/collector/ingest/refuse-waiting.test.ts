import assert from "node:assert/strict";
import { test } from "node:test";
import { startCollector } from "../../../test/support/collector-page.ts";
import { until } from "../../../test/support/proxy-harness.ts";
import { PacedTurns } from "../../source/paced-turns.ts";
import { receiveReports } from "./receive-reports.ts";

/** Tasks get their turn when the test says so. */
class HeldTurns extends PacedTurns {
  readonly held: (() => void)[] = [];

  override get waiting(): number {
    return this.held.length;
  }

  override run(task: () => void): void {
    this.held.push(task);
  }
}

test("reports are refused by how many wait for their turn, before any of them has had it", {
  timeout: 60_000,
}, async (context) => {
  const running = await startCollector();
  context.after(running.stop);
  const { collector, ledger, store } = running;
  const turns = new HeldTurns();
  const listen = { kind: "ip", address: "127.0.0.1", port: 0 } as const;
  const receiver = receiveReports({ collector, ledger, listen, token: undefined, hosts: () => [], maxOpen: 4, turns });
  const { port } = await receiver.start();
  context.after(() => receiver.stop());
  const post = async (path: string): Promise<number> => {
    const body = JSON.stringify({
      scnt_request: { method: "GET", path, host: "h", headers: [] },
      scnt_response: { status_code: "200" },
    });
    const signal = AbortSignal.timeout(20_000);
    return (await fetch(`http://127.0.0.1:${port}/publish`, { method: "POST", body, signal })).status;
  };
  const taken: Promise<number>[] = [];
  for (let index = 0; index < 4; index++) {
    taken.push(post(`/${index}`));
    await until(() => turns.waiting === index + 1, "it waits for its turn", 20_000);
  }
  assert.deepEqual([await post("/4"), await post("/5")], [503, 503]);
  for (const task of turns.held.splice(0)) task();
  assert.deepEqual(await Promise.all(taken), [200, 200, 200, 200]);
  assert.equal((await store.facts()).exchanges, 4);
  assert.equal(collector.receiving.used, 0);
});
