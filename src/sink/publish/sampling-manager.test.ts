import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { SILENT_LOGGER } from "../../model/index.ts";
import type { BackendRequest, BackendResult } from "./backend-pool.ts";
import { Backoff } from "./backoff.ts";
import { SamplingManager } from "./sampling-manager.ts";

function createManager(traceBeforeFirstList = false, intervalMillis = 60_000) {
  const asked: BackendRequest[] = [];
  let answer: (result: BackendResult) => void = () => {};
  const manager = new SamplingManager({
    pool: {
      send: (request, done) => {
        asked.push(request);
        answer = done;
      },
    },
    path: "/api/hostsToTrace",
    authority: "apiclarity",
    intervalMillis,
    traceBeforeFirstList,
    logger: SILENT_LOGGER,
    backoff: new Backoff(1, 1, () => 0),
  });
  const reply = (document: unknown, status = 200, type: string | null = "application/json") =>
    answer({
      status,
      headers: new Map(type === null ? [] : [["content-type", type]]),
      body: Buffer.from(typeof document === "string" ? document : JSON.stringify(document)),
    });
  const wants = (host: string, port = "80", isFixed = true) => manager.wants({ host, isFixed }, port);
  return { manager, asked, reply, wants, fail: () => answer({ reason: "connection", message: "refused" }) };
}

describe("the manager of what is reported", () => {
  test("is asked at the start, with the original's headers", () => {
    const { asked, manager } = createManager();
    const head = "host: apiclarity\r\naccept: */*\r\n";
    assert.deepEqual(asked, [{ method: "GET", path: "/api/hostsToTrace", head }]);
    manager.close();
  });

  test("before the first list nothing is reported but names of one word, unless it is to be", () => {
    const { wants, manager } = createManager();
    assert.deepEqual([wants("a.b"), wants("catalogue", "80", false), wants("a.b", "")], [false, true, true]);
    manager.close();
    const eager = createManager(true);
    assert.equal(eager.wants("a.b"), true);
    eager.reply({ hosts: [] });
    assert.equal(eager.wants("a.b"), false);
    eager.manager.close();
  });

  test("hosts with their ports, and all", () => {
    const { wants, reply, manager } = createManager();
    reply({ hosts: ["a.b:80", "[::1]:80"] });
    assert.deepEqual([wants("a.b"), wants("a.b", "81"), wants("c.d"), wants("::1")], [true, false, false, true]);
    manager.close();
    const all = createManager();
    all.reply({ hosts: ["*"] });
    assert.equal(all.wants("anything", "9"), true);
    all.manager.close();
  });

  test("a name of one word with its namespace is looked for in the list as any other", () => {
    const { wants, reply, manager } = createManager();
    reply({ hosts: ["catalogue.sock-shop:80"] });
    assert.deepEqual(
      [wants("catalogue.sock-shop"), wants("catalogue.other"), wants("catalogue", "80", false)],
      [true, false, true],
    );
    manager.close();
  });

  test("is asked again at its interval; each list takes the place of the one before, an empty one too", async () => {
    const { wants, reply, asked, manager } = createManager(false, 1);
    for (const [hosts, wanted] of [
      [["a.b:80"], true],
      [["c.d:80"], false],
      [["a.b:80"], true],
      [[], false],
      [["*"], true],
    ] as const) {
      const before = asked.length;
      reply({ hosts });
      assert.equal(wants("a.b"), wanted, hosts.join());
      while (asked.length === before) await new Promise((resolve) => setTimeout(resolve, 1));
    }
    manager.close();
  });

  for (const [type, isTaken] of [
    [null, true],
    ["application/json", true],
    ["application/json; charset=utf-8", true],
    ["application/jsonl", false],
    ["text/plain", false],
  ] as const)
    test(`an answer of the type ${type} is ${isTaken ? "taken" : "not taken"}`, () => {
      const { wants, reply, manager } = createManager();
      reply({ hosts: ["a.b:80"] }, 200, type);
      assert.equal(wants("a.b"), isTaken);
      manager.close();
    });

  for (const [what, document, status, type] of [
    ["another status", { hosts: [] }, 500, "application/json"],
    ["another type", { hosts: [] }, 200, "text/html"],
    ["no JSON", "{", 200, "application/json"],
    ["no list", { hosts: "a" }, 200, "application/json"],
  ] as const)
    test(`${what} leaves the old list in force, and is asked for again soon`, async () => {
      const { wants, reply, asked, manager } = createManager(false, 1);
      const askedAgain = async (count: number) => {
        while (asked.length < count) await new Promise((resolve) => setTimeout(resolve, 1));
      };
      reply({ hosts: ["old.b:80"] });
      await askedAgain(2);
      reply(document, status, type);
      assert.deepEqual([wants("old.b"), wants("a.b")], [true, false]);
      await askedAgain(3);
      assert.equal(wants("old.b"), true);
      reply({ hosts: ["a.b:80"] });
      assert.deepEqual([wants("old.b"), wants("a.b")], [false, true]);
      manager.close();
    });

  test("a manager that is not there is asked again", async () => {
    const { fail, asked, manager } = createManager();
    fail();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(asked.length, 2);
    manager.close();
  });
});
