/** `read -z` with tshark's statistics beside the real tshark, on captures of several kinds that are made here. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import type { Connection, SocketEvent, Timestamp } from "../../src/model/index.ts";
import { SyntheticConnection } from "../../src/wire/packet/index.ts";
import { PcapWriter } from "../../src/wire/pcap/index.ts";
import { skipUnless } from "../support/needs.ts";
import { Random } from "../support/random.ts";
import { runProgram } from "../support/run-program.ts";
import { MAIN } from "../support/tapline-main.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

process.env["TZ"] = "UTC";
const { path: folder, remove } = makeTemporaryFolder();
after(remove);

/** A multiple of all intervals that are asked for: tshark's begin with the first packet, ours on the clock. */
const START = 1_769_860_800;
const random = new Random();

interface Kind {
  readonly connections: number;
  readonly requests: number;
  readonly methods: readonly string[];
  readonly statuses: readonly string[];
  readonly hosts: readonly string[];
  readonly paths: number;
  readonly addresses: readonly [client: string, server: string];
  /** Milliseconds between two exchanges, at most. */
  readonly pause: number;
}

const USUAL: Kind = {
  connections: 6,
  requests: 120,
  methods: ["GET", "POST", "PUT", "DELETE", "HEAD"],
  statuses: ["200 OK", "201 Created", "204 No Content", "302 Found", "404 Not Found", "500 Oops", "503 Busy"],
  hosts: ["a.example", "b.example:8080", "10.0.0.2"],
  paths: 7,
  addresses: ["10.1.0.1", "10.0.0.2"],
  pause: 300,
};

const KINDS: Readonly<Record<string, Kind>> = {
  "several hosts, methods and statuses": USUAL,
  "one request a connection": { ...USUAL, connections: 90, requests: 90, pause: 900 },
  "over IPv6, all at once": { ...USUAL, addresses: ["2001:db8::1", "2001:db8::2"], pause: 0 },
  "all alike": { ...USUAL, methods: ["GET"], statuses: ["200 OK"], hosts: ["a.example"], paths: 1 },
};

function writeCapture(path: string, kind: Kind): void {
  const packets = new PcapWriter();
  let millis = 0;
  const now = (): Timestamp => ({ seconds: START + Math.floor(millis / 1000), nanos: (millis % 1000) * 1e6 });
  const connections = Array.from({ length: kind.connections }, (_, i) => {
    const [client, server] = kind.addresses;
    const connection: Connection = {
      ...{ id: BigInt(i), transport: "tcp", role: "server", opened: now() },
      local: { kind: "ip", address: server, port: 80 },
      remote: { kind: "ip", address: client, port: 20_000 + i },
    };
    const written = new SyntheticConnection(packets, connection.local, connection.remote, {
      ...{ handshake: true, role: "server" },
    });
    const tell = (event: object): void => written.observe({ connection, time: now(), ...event } as SocketEvent);
    return { tell, isOpen: false };
  });
  for (let i = 0; i < kind.requests; i++) {
    const connection = connections[i % kind.connections]!;
    if (!connection.isOpen) connection.tell({ kind: "open" });
    connection.isOpen = true;
    const say = (direction: "read" | "write", text: string): void => {
      connection.tell({ kind: "data", direction, offset: 0, data: Buffer.from(text) });
      millis += random.below(3);
    };
    const method = random.pick(kind.methods);
    const status = random.pick(kind.statuses);
    const hasBody = method !== "HEAD" && !/^(?:204|304)/.test(status);
    say("read", `${method} /p/${random.below(kind.paths)} HTTP/1.1\r\nHost: ${random.pick(kind.hosts)}\r\n\r\n`);
    say("write", `HTTP/1.1 ${status}\r\nContent-Length: ${hasBody ? 2 : 0}\r\n\r\n${hasBody ? "ok" : ""}`);
    millis += random.below(kind.pause + 1);
  }
  for (const { tell } of connections) tell({ kind: "close", how: "fin" });
  writeFileSync(path, packets.take());
}

/** The lines of a statistic: the item, indented by its depth, and its count. */
async function treeOf(path: string, statistic: string): Promise<[depth: number, item: string, count: number][]> {
  const { stdout, code, stderr } = await runProgram("tshark", ["-n", "-q", "-r", path, "-z", statistic]);
  assert.equal(code, 0, stderr);
  return stdout.split("\n").flatMap((line) => {
    const [, indent, item, count] = /^( *)(\S.*?) {2,}(\d+) {2,}.*%/.exec(line) ?? [];
    return item === undefined ? [] : [[indent!.length, item, Number(count)] as [number, string, number]];
  });
}

/** Our groups as CSV: what they are by, and how many requests. */
async function groupsOf(path: string, statistic: string, keys: number): Promise<[key: string[], requests: number][]> {
  const args = [MAIN, "read", path, "-z", statistic, "-o", "csv", "--top", "5000", "-q"];
  const { stdout, code, stderr } = await runProgram(process.execPath, args);
  assert.equal(code, 0, stderr);
  const [titles, ...rows] = stdout.trim().split("\n");
  assert.match(titles!.split(",")[keys]!, /^requests$/);
  return rows.map((row) => {
    const cells = row.split(",");
    return [cells.slice(0, keys), Number(cells[keys])];
  });
}

function sumBy(groups: readonly [key: string[], requests: number][], at: number): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [key, requests] of groups) sums[key[at]!] = (sums[key[at]!] ?? 0) + requests;
  return sums;
}

describe("tshark's statistics", { skip: skipUnless("tshark"), timeout: 240_000 }, () => {
  for (const [name, kind] of Object.entries(KINDS))
    describe(name, () => {
      const path = join(folder, `${name.replaceAll(/\W/g, "-")}.pcap`);
      writeCapture(path, kind);
      const told = `seed ${random.seed}`;

      test("http,tree: methods and statuses", async () => {
        const theirs = await treeOf(path, "http,tree");
        const ours = await groupsOf(path, "http,tree", 2);
        const methods = theirs.filter(([, item]) => /^[A-Z]+$/.test(item)).map(([, item, count]) => [item, count]);
        assert.deepEqual(sumBy(ours, 0), Object.fromEntries(methods), told);
        const statuses = theirs.flatMap(([, item, count]) => {
          const code = /^(\d{3}) /.exec(item)?.[1];
          return code === undefined ? [] : [[code, count] as const];
        });
        assert.deepEqual(sumBy(ours, 1), Object.fromEntries(statuses), told);
      });

      test("http_req,tree: hosts and paths", async () => {
        const theirs: Record<string, number> = {};
        let host = "";
        for (const [depth, item, count] of await treeOf(path, "http_req,tree"))
          if (depth === 1) host = item;
          else if (depth === 2) theirs[`${host} ${item}`] = count;
        const ours = (await groupsOf(path, "http_req,tree", 2)).map(([key, requests]) => [key.join(" "), requests]);
        assert.deepEqual(Object.fromEntries(ours), theirs, told);
      });

      test("io,stat: requests in each interval", async () => {
        for (const seconds of [1, 10]) {
          const { stdout } = await runProgram("tshark", [
            ...["-n", "-q", "-r", path],
            ...["-z", `io,stat,${seconds},COUNT(http.request)http.request`],
          ]);
          const theirs = Object.fromEntries(
            [...stdout.matchAll(/^\| *(\d+)(?:\.\d+)? *<> *\S+ *\| *(\d+) *\|/gm)]
              .map(([, start, count]) => [clock(Number(start)), Number(count)] as const)
              .filter(([, count]) => count > 0),
          );
          const ours = await groupsOf(path, `io,stat,${seconds}`, 1);
          assert.deepEqual(Object.fromEntries(ours.map(([[time], requests]) => [time!, requests])), theirs, told);
          assert.deepEqual(
            ours,
            ours.toSorted(([[a]], [[b]]) => (a! < b! ? -1 : 1)),
            "in the order of time",
          );
        }
      });

      test("conv,tcp: the same conversations", async () => {
        const { stdout } = await runProgram("tshark", ["-n", "-q", "-r", path, "-z", "conv,tcp"]);
        const theirs = [...stdout.matchAll(/^(\S+):(\d+) +<-> (\S+):(\d+) /gm)].map((match) =>
          match.slice(1).join(" "),
        );
        const ours = await groupsOf(path, "conv,tcp", 4);
        assert.deepEqual(ours.map(([key]) => key.join(" ")).sort(), theirs.sort(), told);
        assert.equal(
          ours.reduce((sum, [, requests]) => sum + requests, 0),
          kind.requests,
        );
      });
    });
});

/** So many seconds after the first packet. */
function clock(seconds: number): string {
  return new Date((START + seconds) * 1000).toISOString().replace("T", " ").replace("Z", "");
}
