import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findFreePorts } from "../../../test/support/processes.ts";
import { describeTap } from "../growth/measure-taps.ts";
import { TAPLINE } from "../http1-readers.ts";
import { type Peer, ProxyPeers } from "../proxy-peers.ts";
import type { AskedRows, Finding } from "./asked-row.ts";
import { costOf } from "./command-cost.ts";
import { pair } from "./compare.ts";
import { costOfRequest, measureLatency } from "./request-cost.ts";
import { takeTurns } from "./take-turns.ts";

const LARGE_BYTES = 65_536;
const LARGE_REQUESTS = 4000;
const TAPS_REQUESTS = 4000;
const RATE = 2000;
const FILES = 20_000;
/** Replies of nginx, a kilobyte each. */
const REPLIES: Readonly<Record<string, string>> = { "one letter": "/small", JSON: "/json", HTML: "/html" };
const TURNS = { mostSeconds: 120 };

/** One file, rolled so that the disk is not filled. */
const oneFile = (format: string, prefix: string): string =>
  `{format: ${format}, file_per_tap: {path_prefix: ${prefix}, single_file: true, roll: {max_bytes: 67108864}, keep: 2}}`;
const BINARY = "PROTO_BINARY_LENGTH_DELIMITED";

export const TAP_ROWS: readonly AskedRows[] = [
  {
    name: "http-tap",
    needs: ["nginx", "h2load", "haproxy"],
    measure: (folder) =>
      withPeers(folder, async function* (peers, service) {
        const [one, two, three] = (await findFreePorts(3)) as [number, number, number];
        const haproxy = (await peers.startHaproxy("haproxy", one, service))!;
        const binary = await peers.startHttpTap("binary", two, service, oneFile(BINARY, join(folder, "b")));
        const json = await peers.startHttpTap(
          "json",
          three,
          service,
          oneFile("JSON_BODY_AS_STRING", join(folder, "j")),
        );
        for (const [kind, path] of Object.entries(REPLIES)) {
          const [theirs, ...ours] = await measureRequests([haproxy, binary, json], path);
          for (const [i, [format, asked]] of (
            [
              ["binary", 1.9],
              ["JSON", 2.2],
            ] as const
          ).entries())
            yield {
              work: `HTTP tap on every request, one file, ${format}, one core`,
              peer: "haproxy, TCP",
              asked,
              kind,
              ...pair(ours[i]!, theirs!),
            };
        }
      }),
  },
  {
    name: "file-a-trace",
    needs: ["nginx", "h2load", "haproxy", "cc"],
    measure: (folder) =>
      withPeers(folder, async function* (peers, service) {
        const [one, two] = (await findFreePorts(2)) as [number, number];
        const [traces, files] = ["traces", "files"].map((name) => join(folder, name)) as [string, string];
        const haproxy = (await peers.startHaproxy("haproxy", one, service))!;
        mkdirSync(traces);
        const sink = `{format: PROTO_BINARY, file_per_tap: {path_prefix: ${join(traces, "tap")}}}`;
        const tapped = await peers.startHttpTap("each", two, service, sink);
        const program = join(folder, "write-files");
        execFileSync("cc", ["-O2", "-o", program, join(import.meta.dirname, "write-files.c")]);
        for (const [kind, path] of Object.entries(REPLIES)) {
          await costOfRequest(tapped, path, FILES);
          const size = statSync(join(traces, readdirSync(traces).find((name) => name.endsWith(".pb"))!)).size;
          const costs = {
            ours: () => costOfRequest(tapped, path, FILES),
            async theirs() {
              mkdirSync(files);
              const seconds = await costOf("taskset", ["-c", "0", program, files, String(FILES), String(size)]);
              return seconds / FILES + (await costOfRequest(haproxy, path, FILES));
            },
          };
          const [ours, theirs] = await takeTurns(
            [costs.ours, costs.theirs],
            async (cost) => {
              const seconds = await cost();
              for (const name of readdirSync(traces)) rmSync(join(traces, name), { force: true });
              rmSync(files, { recursive: true, force: true });
              return seconds;
            },
            TURNS,
          );
          yield {
            work: "HTTP tap, a file a trace",
            peer: "haproxy, TCP, and as many files by a C program",
            asked: 1.5,
            kind,
            ...pair(ours!, theirs!),
          };
        }
      }),
  },
  {
    name: "large-bodies",
    needs: ["nginx", "h2load"],
    measure: (folder) =>
      withPeers(folder, async function* (peers, service) {
        const [one, two, three] = (await findFreePorts(3)) as [number, number, number];
        const start = (format: string, port: number) =>
          peers.startHttpTap(format, port, service, oneFile(format, join(folder, format)), LARGE_BYTES);
        const binary = await start(BINARY, one);
        const text = await start("JSON_BODY_AS_STRING", two);
        const base64 = await start("JSON_BODY_AS_BYTES", three);
        for (const [kind, body] of Object.entries(LARGE_BODIES)) {
          writeFileSync(join(folder, "www/large"), body);
          for (const json of kind === "random bytes" ? [base64] : [text, base64]) {
            const [ours, theirs] = await measureRequests([json, binary], "/large", LARGE_REQUESTS);
            yield {
              work: "HTTP tap that keeps bodies of 64 KiB, JSON",
              peer: "the same, binary",
              asked: 1.3,
              kind: `${kind}, ${json.name}`,
              ...pair(ours!, theirs!),
            };
          }
        }
      }),
  },
  {
    name: "cel-taps",
    needs: ["nginx", "h2load"],
    measure: (folder) =>
      withPeers(folder, async function* (peers, service) {
        const ports = await findFreePorts(2);
        const proxies: Peer[] = [];
        for (const [i, count] of [100, 1].entries()) {
          const taps = Array.from({ length: count }, (_, tap) => describeTap(tap, folder)).join("");
          proxies.push(await peers.startHttpProxy(`${count} taps`, ports[i]!, service, taps));
        }
        for (const [kind, path] of Object.entries(REPLIES)) {
          const [hundred, one] = await measureRequests(proxies, path, TAPS_REQUESTS);
          yield { work: "100 taps with CEL over bodies", peer: "one of them", asked: 8, kind, ...pair(hundred!, one!) };
        }
      }),
  },
  {
    name: "latency",
    needs: ["nginx", "h2load", "haproxy"],
    measure: (folder) =>
      withPeers(folder, async function* (peers, service) {
        const [one, two] = (await findFreePorts(2)) as [number, number];
        const haproxy = (await peers.startHaproxy("haproxy", one, service))!;
        const tapped = await peers.startHttpTap("tap", two, service, oneFile(BINARY, join(folder, "t")));
        for (const [kind, path] of Object.entries(REPLIES)) {
          const measure = (peer: Peer) => measureLatency(peer, path, RATE, join(folder, "latencies"));
          for (const peer of [tapped, haproxy]) await measure(peer);
          const [ours, theirs] = await takeTurns([tapped, haproxy], measure, TURNS);
          const of = (name: "p50" | "p99") => [ours!, theirs!].map((rounds) => rounds.map((round) => round[name]));
          const [own50, their50, own99, their99] = [...of("p50"), ...of("p99")] as [
            number[],
            number[],
            number[],
            number[],
          ];
          const row = { peer: "haproxy, TCP", kind };
          const work = (what: string) => `latency at ${RATE} requests a second, a tap to one file: ${what}`;
          const differences = own50.map((millis, round) => millis - their50[round]!);
          yield {
            ...{ work: work("p50, more than"), asked: 0.1, unit: "ms", values: differences, ...row },
            costs: pair(own50.map(toSeconds), their50.map(toSeconds)).costs,
          };
          yield { work: work("p99"), asked: 1.3, ...row, ...pair(own99.map(toSeconds), their99.map(toSeconds)) };
        }
      }),
  },
];

const toSeconds = (millis: number): number => millis / 1000;

const fill = (part: string): Buffer => Buffer.alloc(LARGE_BYTES, part);
const LARGE_BODIES: Readonly<Record<string, Buffer>> = {
  text: fill("some words of a long text, which goes on and on. "),
  JSON: fill('{"id":1,"name":"a name","tags":["x","y"],"path":"C:\\\\a"},\n'),
  "text beyond ASCII": fill("ein Wörterbuch für Übungen, 漢字, … "),
  "random bytes": Buffer.from(
    Array.from({ length: LARGE_BYTES }, (_, i) => Math.imul(i ^ (i >> 7), 2_654_435_761) >>> 13),
  ),
};

/** Each once before it counts. */
async function measureRequests(proxies: readonly Peer[], path: string, requests?: number): Promise<number[][]> {
  for (const proxy of proxies) await costOfRequest(proxy, path, requests);
  return takeTurns(proxies, (proxy) => costOfRequest(proxy, path, requests), TURNS);
}

async function* withPeers(
  folder: string,
  measure: (peers: ProxyPeers, service: number) => AsyncIterable<Finding>,
): AsyncGenerator<Finding> {
  const peers = new ProxyPeers(folder, [TAPLINE]);
  try {
    const [service] = (await findFreePorts(1)) as [number];
    await peers.startNginx(service, 0);
    yield* measure(peers, service);
  } finally {
    peers.stop();
  }
}
