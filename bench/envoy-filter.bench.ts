/**
 * The filter for Envoy: CPU time a stream in the proxy-wasm host, small and large bodies, against the original's where its file is in the
 * cache; its memory over many streams; and Envoy's CPU time a request with and without it, in pairs of one run.
 */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type FilterModule, loadFilter } from "../src/wasm-host/index.ts";
import { findEnvoy } from "../test/support/real-envoy.ts";
import { makeTemporaryFolder } from "../test/support/temporary-folder.ts";
import { EnvoyWithFilter } from "../test/support/wasm/envoy-with-filter.ts";
import { ExchangeClient } from "../test/support/wasm/exchange-client.ts";
import { bodyOf, ExchangeService } from "../test/support/wasm/exchange-service.ts";
import { FilterRun, loadOwnFilter, requestOf } from "../test/support/wasm/filter-run.ts";
import { TraceBackend } from "../test/support/wasm/trace-backend.ts";

const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tapline/peers/wasm-filters/B.wasm");
const original = existsSync(cache) ? await loadFilter(readFileSync(cache)) : undefined;
const own = await loadOwnFilter();

measure("1 KB + 1 KB", 1024, 20_000, 300);
measure("900 KB + 900 KB", 900_000, 100, 3);
if (original === undefined) console.log(`missing: the original's file, ${cache}`);
await measureEnvoy();

function measure(name: string, size: number, count: number, originalCount: number): void {
  const [ours, memory] = cpuPerStream(own, size, count);
  console.log(`${name}: ${ours.toFixed(3)} ms a stream, ${(memory / 1024).toFixed(0)} KiB after ${count}`);
  if (original === undefined) return;
  const [theirs, theirMemory] = cpuPerStream(original, size, originalCount);
  const ratio = (theirs / ours).toFixed(0);
  console.log(`  the original: ${theirs.toFixed(3)} ms (${ratio} times), ${(theirMemory / 1024).toFixed(0)} KiB`);
}

function cpuPerStream(filter: FilterModule, size: number, count: number): [millis: number, memory: number] {
  const run = new FilterRun(filter);
  const body: Uint8Array[] = [];
  for (let at = 0; at < size; at += 16_384) body.push(bodyOf(Math.min(16_384, size - at)));
  const headers = Array.from({ length: 15 }, (_, at) => [`x-header-${at}`, `value ${at}`] as const);
  const script = {
    request: requestOf("/cart?item=1", "shop.example.com", headers),
    requestBody: body,
    response: [[":status", "200"] as const, ...headers],
    responseBody: body,
  };
  const play = (times: number): void => {
    for (let at = 0; at < times; at++) {
      run.play(script);
      run.calls.length = 0;
    }
  };
  play(Math.ceil(count / 10));
  const before = process.cpuUsage();
  play(count);
  const { user, system } = process.cpuUsage(before);
  return [(user + system) / 1000 / count, run.memory];
}

async function measureEnvoy(): Promise<void> {
  const { skip } = findEnvoy();
  if (skip !== false) return console.log(skip);
  const folder = makeTemporaryFolder();
  const service = await ExchangeService.start();
  const backend = await TraceBackend.start();
  const envoy = await EnvoyWithFilter.start({
    folder: folder.path,
    service: service.ports,
    backend: backend.port,
    concurrency: 1,
  });
  const clients = [new ExchangeClient(envoy.plainPort), new ExchangeClient(envoy.port)] as const;
  try {
    const pairs: number[][] = [];
    for (let round = 0; round < 7; round++) {
      const costs: number[] = [];
      for (const client of round % 2 === 0 ? clients : clients.toReversed()) costs.push(await micros(envoy, client));
      if (round > 0) pairs.push(round % 2 === 0 ? costs : costs.toReversed());
      backend.received.length = 0;
    }
    const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
    const [without, withFilter] = [0, 1].map((side) => median(pairs.map((pair) => pair[side]!)));
    const difference = median(pairs.map(([plain, filtered]) => filtered! - plain!));
    console.log(
      `Envoy, 1 KB + 1 KB: ${without!.toFixed(0)} µs CPU a request without the filter, ${withFilter!.toFixed(0)} µs with it and the POST: ${difference.toFixed(0)} µs more`,
    );
  } finally {
    for (const client of clients) client.close();
    await envoy.stop();
    service.stop();
    backend.stop();
    folder.remove();
  }
}

async function micros(envoy: EnvoyWithFilter, client: ExchangeClient): Promise<number> {
  const count = 2000;
  const before = cpuMicros(envoy.pid);
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count)
      await client.send({
        id: `bench-${next++}`,
        http: 1,
        path: "/one/",
        headers: { "x-size": "1024" },
        body: [bodyOf(1024)],
      });
  };
  await Promise.all(Array.from({ length: 8 }, work));
  return (cpuMicros(envoy.pid) - before) / count;
}

/** User and system time of a process. */
function cpuMicros(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}
