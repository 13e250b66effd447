/** `diff` on captures of packets: what is planted is found, and halves of one capture do not differ. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ExchangeComparison } from "../src/analysis/comparison/exchange-comparison.ts";
import { findDifferences } from "../src/analysis/comparison/find-differences.ts";
import { LastWords } from "../src/cli/last-words.ts";
import { stopOnSignals } from "../src/cli/process/signals.ts";
import { createGrouping } from "../src/cli/read/create-grouping.ts";
import { readExchanges } from "../src/cli/read/read-exchanges.ts";
import { type Exchange, Ledger } from "../src/model/index.ts";
import { buildExchange } from "./support/build-exchange.ts";
import { drawTraffic, type TrafficShape } from "./support/drawn-traffic.ts";
import { Random } from "./support/random.ts";
import { runProgram } from "./support/run-program.ts";
import { MAIN } from "./support/tapline-main.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";
import { captureOf } from "./support/traffic-capture.ts";

/** The same in every run: what chance alone makes is told one time in a hundred, and is no fault then. */
const SEED = Number(process.env["SEED"] ?? 1);

const { path: folder, remove } = makeTemporaryFolder();
after(remove);

function write(name: string, exchanges: ReturnType<typeof drawTraffic>): string {
  const path = join(folder, name);
  writeFileSync(path, captureOf(exchanges));
  return path;
}

describe("what is planted into a capture is found", { timeout: 120_000 }, () => {
  const USUAL: TrafficShape = { requests: 4000, connections: 40 };
  let original = "";
  before(() => {
    original = write("before.pcap", drawTraffic(SEED, USUAL));
  });
  const diff = async (name: string, changed: ReturnType<typeof drawTraffic>): Promise<string> => {
    const { stdout, code, stderr } = await runProgram(process.execPath, [MAIN, "diff", original, write(name, changed)]);
    assert.equal(code, 5, stderr);
    return Buffer.from(stdout, "latin1").toString();
  };

  test("a fifth of latency", async () => {
    const shown = await diff("slower.pcap", drawTraffic(SEED + 1, { ...USUAL, slower: 1.2 }));
    assert.match(shown, /GET \/cart\/\{id\} .*(?:\+|1\.)\d/);
    assert.doesNotMatch(shown, /GET \/(?:items|orders|health)/);
  });

  test("a new route that fails", async () => {
    const pay = Array.from({ length: 60 }, (_, i) => {
      const requestStart = { seconds: 1_700_000_001 + i, nanos: 0 };
      return buildExchange({
        ...{ method: "POST", target: "/pay", status: 502 },
        connection: { id: BigInt(900 + i) },
        exchange: { times: { requestStart, responseEnd: { ...requestStart, nanos: 5_000_000 } } },
      });
    });
    const shown = await diff("failing.pcap", [...drawTraffic(SEED + 1, USUAL), ...pay]);
    assert.match(shown, /ROUTES THAT CAME.*\n.*POST \/pay.* 0 of 4000 {2}60 of 4060: 502 100 % +new/);
  });

  test("a member of JSON that is gone", async () => {
    const shown = await diff("dropped.pcap", drawTraffic(SEED + 1, { ...USUAL, without: "price" }));
    assert.match(shown, /JSON OF RESPONSES.*\n.*GET \/items\/\{id\} {2}price number +\d+ of \d+ +0 of \d+ +gone/);
  });
});

const CAPTURES: Readonly<Record<string, TrafficShape>> = {
  "forty connections": { requests: 1200, connections: 40 },
  "connections that differ": { requests: 1200, connections: 60, clustered: true },
  bursts: { requests: 1200, connections: 40, bursts: true },
  "one connection": { requests: 600, connections: 1, bursts: true },
  "few connections that differ": { requests: 1000, connections: 24, clustered: true, bursts: true },
};
const HALVINGS = 20;

test("of a hundred halvings of five captures at most five tell anything", { timeout: 240_000 }, async () => {
  const alarms: string[] = [];
  let halvings = 0;
  for (const [at, [name, shape]] of Object.entries(CAPTURES).entries()) {
    const all = await read(write(`${at}.pcap`, drawTraffic(SEED + 10 * at, shape)));
    assert.equal(all.length, shape.requests, name);
    for (let round = 0; round < HALVINGS; round++) {
      const random = new Random(1000 * SEED + 100 * at + round);
      // Requests or whole connections fall on a side.
      const byConnection = shape.connections > 1 && round % 2 === 0;
      const sides = new Map<unknown, "a" | "b">();
      const sideOf = (exchange: Exchange): "a" | "b" => {
        const thing = byConnection ? exchange.connection.id : exchange;
        const side = sides.get(thing) ?? random.pick(["a", "b"] as const);
        sides.set(thing, side);
        return side;
      };
      const halves = Map.groupBy(all, sideOf);
      const comparison = new ExchangeComparison(createGrouping(undefined, undefined).groupBy);
      for (const side of ["a", "b"] as const) for (const one of halves.get(side) ?? []) comparison.add(side, one);
      const { differences } = findDifferences(comparison, { threshold: 0.1, chance: 0.01 });
      halvings++;
      if (differences.length > 0)
        alarms.push(`${name}, ${round}: ${differences.map(({ aspect, key }) => `${aspect} ${key.at(-1)}`).join()}`);
    }
  }
  assert.equal(halvings, 100);
  assert.ok(alarms.length <= 5, `SEED=${SEED}: ${alarms.length}\n${alarms.join("\n")}`);
});

/** The exchanges of a capture, as `diff` reads them. */
async function read(path: string): Promise<Exchange[]> {
  const exchanges: Exchange[] = [];
  const ledger = new Ledger();
  const stopping = stopOnSignals({ lingers: false });
  try {
    await readExchanges([path], {
      ...{ ledger, memory: 256 * 1024 * 1024, filter: undefined, showsBodies: true, stopping },
      words: new LastWords({ ledger, quiet: true }),
      sink: {
        submit: (exchange) => {
          exchanges.push(exchange);
          return "taken";
        },
        whenReady: async () => {},
        flush: async () => {},
        close: async () => {},
      },
    });
  } finally {
    stopping.release();
  }
  return exchanges;
}
