/** Findings of the kinds evidence, ledger, envoy and live, and of docs.md, each run as its list says. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { sharedData, skipUnless } from "../support/needs.ts";
import { startProgram, waitForPort } from "../support/processes.ts";
import { holdPrintedBooks } from "../support/proxy-books.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

const findings = sharedData("findings");
const root = join(import.meta.dirname, "../..");
const tapline = join(root, "bin/tapline");
const folder = makeTemporaryFolder();
after(folder.remove);

const at = (name: string) => join(findings.path, name);

function run(args: readonly string[], cwd = folder.path) {
  const { status, stdout, stderr } = spawnSync(tapline, args, { cwd, encoding: "utf8", timeout: 120_000 });
  return { status, stdout, stderr, lines: stdout.split("\n").slice(0, -1) };
}

function copy(name: string): string {
  const target = join(folder.path, name.slice(name.lastIndexOf("/") + 1));
  cpSync(at(name), target, { recursive: true });
  return target;
}

describe("evidence", { skip: findings.skip }, () => {
  test("an output that is an input is refused", () => {
    const inputs = copy("evidence/convert-overwrites-last-input");
    const before = readdirSync(inputs).map((file) => readFileSync(join(inputs, file), "utf8"));
    assert.equal(run(["convert", ...readdirSync(inputs).sort()], inputs).status, 2);
    assert.deepEqual(
      readdirSync(inputs).map((file) => readFileSync(join(inputs, file), "utf8")),
      before,
    );
    const capture = copy("evidence/shop-small.pcap");
    const { size } = statSync(capture);
    assert.equal(run(["read", capture, "-q", "-Y", "599", "-w", capture]).status, 2);
    assert.equal(statSync(capture).size, size);
  });

  test("a redacted URL is one", () => {
    const har = join(folder.path, "x.har");
    assert.equal(run(["convert", at("evidence/har-query-after-redaction.pcap"), har]).status, 0);
    const { log } = JSON.parse(readFileSync(har, "utf8")) as {
      log: { entries: { request: { url: string; queryString: { name: string; value: string }[] } }[] };
    };
    const { url, queryString } = log.entries[0]!.request;
    assert.match(url, /\/s\?api_key=redacted-api_key-[0-9a-f]{8}&page=2&user=bob$/);
    assert.deepEqual(
      queryString.map(({ name }) => name),
      ["api_key", "page", "user"],
    );
  });

  test("the unknown of a trace is unknown", () => {
    const trace = at("evidence/envoy-1.40-http-tap.json");
    assert.doesNotMatch(run(["read", trace, "-v"]).stdout, /0\.0 µs|content-length/);
    assert.deepEqual(run(["read", trace, "-Y", 'duration < duration("1s")']).lines, []);
  });
});

describe("statements of the pages", { skip: findings.skip }, () => {
  const read = (name: string, ...flags: string[]) => run(["read", at(`other/${name}`), ...flags]);

  test("nothing in an input ends a read", () => {
    for (const form of ["ndjson", "har"]) {
      const { status, stdout } = read("onebad.pcapng", "-o", form);
      assert.notEqual(status, null);
      const count = form === "har" ? JSON.parse(stdout).log.entries.length : stdout.trim().split("\n").length;
      assert.equal(count, 3);
    }
    assert.doesNotMatch(read("onebad.pcapng", "-vv").stdout, /-\d[\d.]* (µs|ms|s|min)/);
  });

  test("data after the last message, resets, unknown fields, what is no trace", () => {
    assert.equal(read("dac.pcap").stdout.match(/data-after-close/g)?.length, 3);
    assert.match(read("h2.pcap", "-o", "ndjson").stdout, /reset/);
    assert.match(read("unk.json").stderr, /^fields: 3 in = 0 handled \+ 3 skipped \(unknown 3\)$/m);
    for (const name of ["netlog.json", "cmt.json"]) assert.equal(read(name).status, 1, name);
    assert.equal(read("h2.pcap", "--events", "-Y", "5xx").status, 2);
  });
});

describe("ledger", { skip: findings.skip || skipUnless("python3") }, () => {
  /** Runs the proxy with a configuration of the findings, in a folder of its own. */
  async function proxy(name: string, port: number, flags: readonly string[] = []) {
    mkdirSync(join(folder.path, "out"), { recursive: true });
    const started = startProgram(tapline, ["proxy", "-c", at(name), ...flags], { cwd: folder.path });
    holdPrintedBooks(started.child, started.output);
    await waitForPort(port, 60);
    return started;
  }
  const curl = (url: string) => spawnSync("curl", ["-s", url], { encoding: "utf8", timeout: 60_000 }).stdout;

  test("what is kept of an answer without a request is let go", async () => {
    const started = await proxy("ledger/orphan-response-leak.yaml", 28502);
    const script = spawn("python3", [at("ledger/orphan-response-leak.py")]);
    let output = "";
    script.stdout.on("data", (bytes) => {
      output += bytes;
    });
    await once(script, "close");
    await started.stop();
    // A busy machine lets go of it later than the script looks: the next row shows that it did.
    const rows = output.trim().split("\n");
    assert.equal(rows.length, 20, output);
    for (const row of rows.slice(1)) assert.match(row, /^(ok {3}|LEAK).*\(\d+, 0\) \(\d+, 0\)$/);
    assert.match(rows.at(-1)!, / \(0, 0\)$/, output);
  });

  test("a filter of --show sees decoded bodies; bytes that are no HTTP are told", async () => {
    const server = spawn("python3", [at("ledger/show-gzip-server.py")]);
    await waitForPort(18877, 60);
    const shown = await proxy("ledger/show-gzip.yaml", 18878, ["--show", "-Y", "response.body.contains('needle')"]);
    curl("http://127.0.0.1:18878/");
    await delay(300);
    await shown.stop();
    assert.equal(shown.output().match(/ GET .* 200 /g)?.length, 1, shown.output());
    const unseen = await proxy("ledger/http-tap-unseen.yaml", 18878);
    spawnSync("python3", [
      "-c",
      "import socket; s = socket.create_connection(('127.0.0.1', 18878)); s.sendall(b'\\x01no http\\r\\n\\r\\n' * 9); s.shutdown(1); s.recv(99)",
    ]);
    await unseen.stop();
    assert.match(unseen.output(), /^analysis-bytes: \d+ in = .*skipped \(/m);
    server.kill();
  });

  test("tap -w writes a HAR of socket traces", async () => {
    const server = startProgram(process.execPath, [at("ledger/tap-har-server.mjs")]);
    await waitForPort(18875, 60);
    const har = join(folder.path, "z.har");
    assert.equal(run(["tap", "http://127.0.0.1:18875", "--config-id", "one", "-w", har]).status, 0);
    assert.equal(JSON.parse(readFileSync(har, "utf8")).log.entries.length, 1);
    await server.stop("SIGKILL");
  });
});

describe("envoy and live", { skip: findings.skip || skipUnless("openssl", "curl") }, () => {
  const script = (name: string) =>
    spawnSync(process.execPath, [at(name)], { cwd: root, encoding: "utf8", timeout: 240_000 }).stdout;

  test("every call between HTTP/1 and HTTP/2 is answered as Envoy answers it", () => {
    const theirs = readFileSync(at("envoy/protocol-mismatch.tsv"), "utf8").trim().split("\n");
    assert.equal(theirs.length, 1 + 16);
    assert.deepEqual(script("envoy/protocol-mismatch.mjs").trim().split("\n").slice(1), theirs.slice(1));
  });

  test("the time that a client idles before its first request is not the request's", () => {
    const [, json] = /(\{"s".*\})/.exec(script("live/haridle.mjs")) ?? [];
    const { time, timings } = JSON.parse(json!) as { time: number; timings: Record<string, number> };
    assert.ok(time < 2000, `${time} ms`);
    const parts = ["blocked", "dns", "connect", "send", "wait", "receive"].map((name) => Math.max(0, timings[name]!));
    assert.ok(Math.abs(parts.reduce((sum, part) => sum + part, 0) - time) < 0.01);
  });

  test("a request whose upstream is down, a long head, and what follows a 101 are in the traces", async () => {
    const cwd = join(folder.path, "iss");
    mkdirSync(join(cwd, "tapline-o"), { recursive: true });
    const config = JSON.parse(readFileSync(at("envoy/iss.json"), "utf8"));
    writeFileSync(join(cwd, "iss.json"), JSON.stringify(config));
    const started = startProgram(tapline, ["proxy", "-c", "iss.json"], { cwd });
    holdPrintedBooks(started.child, started.output);
    await waitForPort(21925, 60);
    const curl = (port: number) =>
      spawnSync("curl", ["-s", "-o", "/dev/null", "-w", "%{http_code}", `http://127.0.0.1:${port}/`], {
        encoding: "utf8",
      }).stdout;
    assert.equal(curl(21921), "503");
    assert.equal(curl(21923), "503");
    const big = spawn("python3", [at("envoy/big-headers.py")]);
    await waitForPort(21998, 60);
    assert.equal(curl(21925), "200");
    big.kill();
    await once(big, "close");
    const socket = spawn("python3", [at("envoy/ws.py"), "serve"]);
    await waitForPort(21998, 60);
    spawnSync("python3", [at("envoy/ws.py"), "21925"]);
    socket.kill();
    await started.stop();
    const traces = (name: string) =>
      readdirSync(join(cwd, "tapline-o"))
        .filter((file) => file.startsWith(`${name}_`))
        .map((file) => readFileSync(join(cwd, "tapline-o", file), "utf8"));
    assert.deepEqual(
      ["dead", "dead5"].map((name) => traces(name).length),
      [1, 1],
    );
    for (const trace of [...traces("dead"), ...traces("dead5")]) assert.match(trace, /"value": "503"/);
    const [answered, upgraded] = traces("noresp").sort((left, right) => right.length - left.length);
    assert.match(answered!, /"key": "x-ok"/);
    assert.match(upgraded!, /"as_string": " \\u0005hello"/);
    assert.ok(existsSync(join(cwd, "iss.json")));
  });
});
