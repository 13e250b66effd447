/** Outputs that cannot be written: one line says so, the exit code is 1, and nothing half-written stays. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, openSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { writeHttpBootstrap } from "./support/http-tap-harness.ts";
import { startTaplineProxy } from "./support/tapline-process.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const TAPLINE = join(import.meta.dirname, "../bin/tapline");
const { path: folder, remove } = makeTemporaryFolder();
after(remove);

const LINE = '{"type":"agent","subtype":"Agent started","message":{"text":"x"}}\n';
const MONITOR = join(folder, "monitor.json");
writeFileSync(MONITOR, LINE.repeat(5000));
const HAR = join(folder, "in.har");
writeFileSync(
  HAR,
  JSON.stringify({ log: { version: "1.2", creator: { name: "t", version: "1" }, entries: [entry()] } }),
);
/** A trace that is cut: it needs no more to be read. */
const TRACES = join(folder, "in.json");
const headers = [
  { key: ":method", value: "GET" },
  { key: "x", value: "y".repeat(100_000) },
];
writeFileSync(TRACES, JSON.stringify({ http_buffered_trace: { request: { headers } } }));

function entry(): object {
  const message = { httpVersion: "HTTP/1.1", cookies: [], headers: [], headersSize: -1, bodySize: 0 };
  return {
    startedDateTime: "2024-01-01T00:00:00.000Z",
    time: 1,
    request: { method: "GET", url: "http://a/", queryString: [], ...message },
    response: { status: 200, statusText: "OK", redirectURL: "", content: { size: 0, mimeType: "" }, ...message },
    cache: {},
    timings: { send: 0, wait: 1, receive: 0 },
  };
}

describe("a full disk", () => {
  const STDOUT: readonly (readonly string[])[] = [
    ["read", HAR],
    ["read", "-o", "ndjson", HAR],
    ["read", "-o", "har", HAR],
    ["convert", TRACES, "-o", "pb", "-"],
    ["monitor", "-i", MONITOR],
    ["monitor", "-i", MONITOR, "-o", "ndjson"],
    ["monitor", "-i", MONITOR, "--summary"],
    ["monitor", "-i", MONITOR, "-j"],
    ["monitor", "-i", MONITOR, "-o", "compact"],
    ["monitor", "-i", MONITOR, "-o", "pcapng"],
    ["summary", HAR],
    ["diff", HAR, HAR],
    ["completion", "bash"],
    ["--help"],
  ];
  test("stdout of which a part finds room", () => {
    const har = join(folder, "many.har");
    const log = { version: "1.2", creator: { name: "t", version: "1" }, entries: Array.from({ length: 40 }, entry) };
    writeFileSync(har, JSON.stringify({ log }));
    const out = join(folder, "part.ndjson");
    // A file may grow to 4 KiB: as on a full disk, a write takes what fits, and the next one fails.
    const script = 'trap "" XFSZ; ulimit -f 4; exec "$0" read -o ndjson "$1" > "$2"';
    const { status, stderr } = spawnSync("bash", ["-c", script, TAPLINE, har, out], { encoding: "utf8" });
    assert.equal(statSync(out).size, 4096);
    assert.equal(status, 1, stderr);
    assert.match(stderr, /^tapline: stdout: cannot be written/m);
  });

  for (const args of STDOUT)
    test(`stdout of ${args.map((arg) => arg.replace(folder, ".")).join(" ")}, and where it is closed`, () => {
      const command = (redirection: string) => ["-c", `exec "$0" "$@" ${redirection}`, TAPLINE, ...args];
      for (const [redirection, why] of [
        [">/dev/full", "the disk is full"],
        [">&-", "it is closed"],
      ] as const) {
        const { status, stderr } = spawnSync("/bin/sh", command(redirection), { encoding: "utf8" });
        assert.equal(stderr, `tapline: stdout: cannot be written (${why})\n`);
        assert.equal(status, 1);
      }
    });

  test("a closed stdout is none of a command that prints nothing there", () => {
    const script = 'exec "$0" convert "$1" "$2" >&-';
    const { status, stderr } = spawnSync("/bin/sh", ["-c", script, TAPLINE, TRACES, join(folder, "closed.pcap")], {
      encoding: "utf8",
    });
    assert.deepEqual([status, stderr], [0, ""]);
  });

  const FILES: readonly (readonly [args: readonly string[], problem: RegExp])[] = [
    [["convert", TRACES, "OUT.pb"], /OUT\.pb: cannot be written \(the file is as large as it may be\)/],
    [["read", TRACES, "-w", "OUT.pcapng"], /OUT\.pcapng: cannot be written \(the file is as large as it may be\)/],
    [["convert", TRACES, "OUT.json"], /OUT\.json: cannot be written \(the file is as large as it may be\)/],
    [
      ["read", TRACES, "--sort", "size", "--memory", "1", "-o", "ndjson"],
      /\.sort: cannot be written \(.*; what is sorted/,
    ],
    [["read", "-", "-w", "OUT.pcapng"], /\.spool: cannot be written \(.*; the pipe is kept there to be read twice/],
  ];
  for (const [args, problem] of FILES)
    test(`a file of ${args.map((arg) => arg.replace(folder, ".")).join(" ")}`, () => {
      const at = join(folder, `files-${args.join("-").replaceAll(/\W+/g, "-")}`);
      const temporary = join(at, "tmp");
      mkdirSync(temporary, { recursive: true });
      const command = [TAPLINE, ...args.map((arg) => arg.replace("OUT", join(at, "OUT")))];
      // Files of 8 KiB at most; the compile cache is one of those that would not fit.
      const { status, stderr } = spawnSync("/bin/sh", ["-c", 'ulimit -f 16; exec "$0" "$@"', ...command], {
        encoding: "utf8",
        env: { ...process.env, TMPDIR: temporary, NODE_DISABLE_COMPILE_CACHE: "1" },
        stdio: [openSync(TRACES, "r"), "ignore", "pipe"],
      });
      assert.match(stderr, problem);
      assert.doesNotMatch(stderr, /bug|\n\s+at /);
      assert.equal(status, 1);
      assert.deepEqual([...readdirSync(at), ...readdirSync(temporary)], ["tmp"]);
    });

  test("a folder for temporary files that is not there", () => {
    const { status, stderr } = spawnSync(TAPLINE, ["read", "-", "-w", join(folder, "no.pcapng")], {
      encoding: "utf8",
      env: { ...process.env, TMPDIR: join(folder, "none") },
      stdio: [openSync(TRACES, "r"), "ignore", "pipe"],
    });
    assert.match(stderr, /cannot be written \(there is no such directory\); the pipe is kept there/);
    assert.equal(status, 1);
  });

  test("a recording ends with its line, whenever it is written", () => {
    const { status, stderr } = spawnSync(TAPLINE, ["monitor", "-i", MONITOR, "--record", "/dev/full"], {
      encoding: "utf8",
    });
    assert.match(stderr, /^tapline: \/dev\/full: cannot be written \(the disk is full\)$/m);
    assert.equal(status, 1);
  });

  test("a proxy forwards on when what it shows cannot be written, and counts what was lost", async () => {
    const server = createServer((_, response) => response.end("ok"));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const config = join(folder, "envoy.yaml");
    writeFileSync(config, writeHttpBootstrap((server.address() as AddressInfo).port, []));
    const proxy = await startTaplineProxy(config, ["--show"], undefined, "/dev/full");
    const get = async () =>
      (await fetch(`http://127.0.0.1:${proxy.ports["front"]}/`, { headers: { connection: "close" } })).text();
    for (let i = 0; i < 3; i++) assert.equal(await get(), "ok");
    assert.equal(await proxy.stop("SIGTERM"), 0);
    server.close();
    assert.match(proxy.output(), /^shown: 3 in = 0 handled \+ 3 dropped \(output 3\)$/m);
  });
});
