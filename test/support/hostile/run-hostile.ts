import assert from "node:assert/strict";
import { readdirSync, readlinkSync } from "node:fs";
import type { IpEndpoint } from "../../../src/model/index.ts";
import { nameClusterStatistic } from "../../../src/source/proxy/statistic-names.ts";
import type { Certificates } from "../certificates.ts";
import type { TappedHarness } from "../http-tap-harness.ts";
import { mutatePieces } from "../mutate-pieces.ts";
import { until } from "../proxy-harness.ts";
import { Random } from "../random.ts";
import { CONVERSATIONS } from "./conversations.ts";
import { ENDS, type End, HostileService, playHostile } from "./hostile-client.ts";
import { type Lane, startHostileProxy, TAPS, type TapName, TRANSPORTS, type TransportName } from "./hostile-proxy.ts";
import { TapReader } from "./tap-reader.ts";

export interface HostileRun {
  /** How many connections there were, by protocol, by tap, by end and by transport. */
  readonly counts: Readonly<Record<string, number>>;
  readonly seed: number;
}

/** Descriptors by what they are of: a file, a socket. */
function listDescriptors(): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      // That of the folder itself.
      return [];
    }
  });
}

/** A connection that was dialled for a client that had left comes before the next one. */
async function laneIsFree({ tapped }: TappedHarness, index: number, service: HostileService): Promise<void> {
  const counter = (what: string) => tapped.proxy.counters.counter(nameClusterStatistic(`back${index}`, what));
  const [active, total] = [counter("upstream_cx_active"), counter("upstream_cx_total")];
  for (let turns = 0; turns < 1000 && (active.value > 0 || total.value > service.accepted); turns++)
    await new Promise((resolve) => setTimeout(resolve, 1));
}

/**
 * Sends mutated conversations of every protocol through every kind of tap, each ended in one of the ways there are, and asserts that nothing
 * is left of them: no connection, no byte in a book, no memory, no descriptor.
 */
export async function runHostile(
  connections: number,
  certificates: Certificates,
  folder: string,
  seed?: number,
): Promise<HostileRun> {
  const random = new Random(seed);
  const counts: Record<string, number> = {};
  const services: HostileService[] = [];
  const harnesses: TappedHarness[] = [];
  const runners: { harness: TappedHarness; index: number; lane: Lane; port: number; service: HostileService }[] = [];
  for (const doesShow of [false, true]) {
    const lanes: Lane[] = [];
    const ours: HostileService[] = [];
    for (const tap of Object.keys(TAPS) as TapName[]) {
      if ("show" in TAPS[tap] !== doesShow) continue;
      for (const transport of Object.keys(TRANSPORTS) as TransportName[]) {
        const service = await HostileService.start(TRANSPORTS[transport][1] === "tls" ? certificates : undefined);
        ours.push(service);
        lanes.push({ tap, transport, service: service.port });
      }
    }
    const harness = await startHostileProxy(lanes, certificates, `${folder}/${doesShow ? "show" : "tap"}`);
    harnesses.push(harness);
    services.push(...ours);
    const { addresses } = harness.tapped.proxy;
    lanes.forEach((lane, index) => {
      const port = (addresses.find(({ name }) => name === `front${index}`)!.address as IpEndpoint).port;
      runners.push({ harness, index, lane, port, service: ours[index]! });
    });
  }
  const reader = new TapReader(harnesses[0]!.admin, "hostile");

  type Runner = (typeof runners)[number];
  const play = async ({ harness, index, lane, port, service }: Runner, protocol: string, end: End): Promise<void> => {
    const kind = { isTls: TRANSPORTS[lane.transport][0] === "tls", isHttp: TAPS[lane.tap].kind === "http" };
    const pieces = mutatePieces(random.pick(CONVERSATIONS[protocol]!), random);
    try {
      await playHostile(port, service, kind, pieces, end, random);
    } catch (cause) {
      const said = JSON.stringify(
        pieces.map(({ direction, bytes }) => [direction, Buffer.from(bytes).toString("latin1")]),
      );
      throw new Error(`seed ${random.seed}: ${lane.tap}, ${lane.transport}, ${protocol}: ${said}`, { cause });
    }
    await laneIsFree(harness, index, service);
  };

  const run = async (rounds: number): Promise<void> => {
    let left = rounds;
    await Promise.all(
      runners.map(async (runner) => {
        const { tap, transport } = runner.lane;
        while (left-- > 0) {
          const protocol = random.pick(Object.keys(CONVERSATIONS));
          const end = random.pick(ENDS);
          if (tap === "/tap" && random.chance(20)) await reader.replace();
          await play(runner, protocol, end);
          for (const key of [protocol, tap, end, transport]) counts[key] = (counts[key] ?? 0) + 1;
        }
      }),
    );
  };

  /** The reader is gone meanwhile: what waits for it is held for it. */
  const settle = async (): Promise<string[]> => {
    await reader.leave();
    for (const { tapped } of harnesses) {
      // A file that many traces share is open, and counted as one, until the proxy ends.
      const books = () => tapped.ledger.unsettled.map(({ name }) => name).filter((name) => name !== "trace-files");
      const held = () => [tapped.proxy.connectionCount, tapped.budget.used, ...books()].join(" ");
      await until(
        () => held() === "0 0",
        () => `nothing is held (seed ${random.seed}): ${held()} ${tapped.ledger.format().join("\n")}`,
      );
    }
    let before: string[] = [];
    for (let same = 0; same < 10; ) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      const now = listDescriptors();
      same = now.length === before.length ? same + 1 : 0;
      before = now;
    }
    return before;
  };

  try {
    // Files that many traces share, threads and caches are there from the first connections on.
    await reader.replace();
    for (let times = 0; times < 5; times++) await Promise.all(runners.map((runner) => play(runner, "HTTP/1", "FIN")));
    const descriptors = await settle();
    await reader.replace();
    await run(connections);
    const left = await settle();
    const fresh = left.filter((one) => !descriptors.includes(one));
    assert.ok(left.length <= descriptors.length, `seed ${random.seed}: more descriptors than at the start: ${fresh}`);
    for (const harness of harnesses) await harness.stop();
    return { counts, seed: random.seed };
  } finally {
    await reader.leave();
    for (const harness of harnesses) await harness.stop().catch(() => {});
    for (const service of services) service.stop();
  }
}
