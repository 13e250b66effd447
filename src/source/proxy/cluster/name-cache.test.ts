import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type { NameCacheConfig } from "../../dial/cluster-config.ts";
import { NameCache } from "./name-cache.ts";

const CONFIG: NameCacheConfig = {
  name: "c",
  lookupFamily: "V4_ONLY",
  refreshRateMillis: 60_000,
  failureRateMillis: 60_000,
  hostTtlMillis: 300_000,
  maxHosts: 1024,
  maxPending: 1024,
  queryTimeoutMillis: 0,
  known: [],
};

describe("a cache of the names that requests have", () => {
  test("a name is asked for once, again when it is old, and serves meanwhile", async () => {
    const { cache, asked, answer, pass } = start();
    const [one, two] = [cache.find("a.example:1"), cache.find("a.example:1")];
    answer("10.0.0.1");
    assert.equal(await one, await two);
    assert.deepEqual((await one).address, { kind: "ip", address: "10.0.0.1", port: 1 });
    assert.equal((await one).endpoint?.hostname, "a.example:1");
    assert.deepEqual(asked, ["a.example"]);
    pass(60_000);
    assert.equal(await cache.find("a.example:1"), await one, "the known one, at once");
    answer("10.0.0.1");
    await setImmediate();
    assert.equal(await cache.find("a.example:1"), await one, "the same object: connections are kept by it");
    pass(60_000);
    await cache.find("a.example:1");
    answer("10.0.0.2");
    await setImmediate();
    assert.deepEqual((await cache.find("a.example:1")).address, { kind: "ip", address: "10.0.0.2", port: 1 });
    assert.deepEqual(asked, ["a.example", "a.example", "a.example"]);
  });

  test("one that could not be resolved is not asked for again at once, a known one stays", async () => {
    const { cache, asked, answer, fail, pass, counts } = start();
    const first = cache.find("gone.example");
    fail();
    await assert.rejects(first, { why: "unresolved" });
    await assert.rejects(cache.find("gone.example"), { why: "unresolved" });
    assert.equal(asked.length, 1);
    pass(60_000);
    const later = cache.find("gone.example");
    answer("10.0.0.1");
    assert.ok(await later);
    pass(60_000);
    await cache.find("gone.example");
    fail();
    await setImmediate();
    assert.ok(await cache.find("gone.example"));
    assert.equal(counts.get("dns_query_failure"), 2);
    assert.equal(counts.get("dns_query_success"), 1);
  });

  test("what is no name is not asked for", async () => {
    const { cache, asked } = start();
    for (const text of ["127.1", "0x7f000001", "u@a.example", "a.example:99999", "[::1]:80", ""])
      await assert.rejects(cache.find(text), { why: "unresolved" }, text);
    assert.deepEqual((await cache.find("127.0.0.9")).address, { kind: "ip", address: "127.0.0.9", port: 80 });
    assert.deepEqual(asked, []);
  });

  test("so many hosts at most, unless some have not been asked for in a while", async () => {
    const { cache, pass, counts } = start({ maxHosts: 2 });
    await cache.find("10.0.0.1");
    pass(200_000);
    await cache.find("10.0.0.2");
    await assert.rejects(cache.find("10.0.0.3"), { why: "overflow" });
    pass(100_000);
    await cache.find("10.0.0.3");
    assert.equal(cache.size, 2);
    assert.deepEqual([counts.get("host_overflow"), counts.get("host_removed"), counts.get("host_added")], [1, 1, 3]);
    await assert.rejects(cache.find("10.0.0.1"), { why: "overflow" });
  });

  test("so many wait at most; two are asked for at once, in their order", async () => {
    const { cache, asked, answer } = start({ maxPending: 4 });
    const waiting = ["a", "b", "c", "d"].map((name) => cache.find(`${name}.example`));
    await assert.rejects(cache.find("e.example"), { why: "pending-overflow" });
    assert.deepEqual(asked, ["a.example", "b.example"]);
    for (let turn = 0; turn < 4; turn++) {
      answer(`10.0.0.${turn}`);
      await setImmediate();
    }
    assert.deepEqual(asked, ["a.example", "b.example", "c.example", "d.example"]);
    assert.equal((await Promise.all(waiting)).length, 4);
    const late = cache.find("e.example");
    answer("10.0.0.9");
    assert.ok(await late);
  });

  test("one that is not answered in time fails, and its place in the queue is free", async () => {
    const { cache, asked, answer, counts } = start({ queryTimeoutMillis: 1, failureRateMillis: 0 });
    const silent = ["a", "b", "c"].map((name) => cache.find(`${name}.example`));
    for (const one of silent) await assert.rejects(one, /no answer within 1 ms/);
    assert.equal(counts.get("dns_query_timeout"), 3);
    answer("10.0.0.1");
    await setImmediate();
    assert.deepEqual(asked, ["a.example", "b.example"], "the third was given up before its turn");
  });

  function start(config: Partial<NameCacheConfig> = {}) {
    let now = 0;
    const asked: string[] = [];
    const open: { resolve(address: string): void; reject(error: Error): void }[] = [];
    const counts = new Map<string, number>();
    const cache = new NameCache(
      { ...CONFIG, ...config },
      {
        place: { file: "x", line: 1, column: 1 },
        defaultPort: 80,
        now: () => now,
        count: (name) => void counts.set(name, (counts.get(name) ?? 0) + 1),
        lookup: (name) => {
          asked.push(name);
          return new Promise((resolve, reject) =>
            open.push({ resolve: (address) => resolve([{ address, family: 4 }]), reject }),
          );
        },
      },
    );
    return {
      cache,
      asked,
      counts,
      answer: (address: string) => open.shift()!.resolve(address),
      fail: () => open.shift()!.reject(new Error("ENOTFOUND")),
      pass: (millis: number) => {
        now += millis;
      },
    };
  }
});
