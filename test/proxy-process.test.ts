/** `tapline proxy` as a process: signals, reloading, disks that fail, switches, several workers. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { findFreePorts } from "./support/processes.ts";
import { dial, ip, readAll, startService, until, writeBootstrap } from "./support/proxy-harness.ts";
import { listTraces, readBinaryTrace } from "./support/read-traces.ts";
import { runProgram } from "./support/run-program.ts";
import { MAIN } from "./support/tapline-main.ts";
import { startTaplineProxy, type TaplineProcess } from "./support/tapline-process.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const TAP = "type.googleapis.com/envoy.extensions.transport_sockets.tap.v3.Tap";

let folder: string;
let config: string;
let cleanups: (() => unknown)[] = [];
beforeEach(() => {
  const temporary = makeTemporaryFolder();
  folder = temporary.path;
  config = join(folder, "envoy.yaml");
  cleanups = [temporary.remove];
});
afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

function tap(prefix: string, output = ""): string {
  return `transport_socket: {name: envoy.transport_sockets.tap, typed_config: {"@type": ${TAP}, common_config: {static_config: {match: {any_match: true}, output_config: {sinks: [{format: PROTO_BINARY, file_per_tap: {path_prefix: ${prefix}}}]${output}}}}, transport_socket: {name: raw_buffer}}}`;
}

async function echoService() {
  const service = await startService((socket) => socket.pipe(socket));
  cleanups.push(service.stop);
  return service;
}

async function start(text: string, args: readonly string[] = [], descriptors?: number): Promise<TaplineProcess> {
  writeFileSync(config, text);
  const proxy = await startTaplineProxy(config, args, descriptors);
  cleanups.push(() => proxy.stop("SIGKILL"));
  return proxy;
}

/** Says `text` and hears it back. */
async function echo(port: number, text: string): Promise<string> {
  const client = await dial(port);
  client.end(text);
  return readAll(client);
}

function getAdmin(port: number, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve(text));
    });
    sent.on("error", reject).end();
  });
}

test("SIGTERM drains: what is open may end, its trace is written, and the account is the last thing said", async () => {
  const { port } = await echoService();
  const proxy = await start(writeBootstrap({ endpoints: [ip(port)], chain: tap(`${folder}/tap`) }));
  const client = await dial(proxy.ports["front"]!);
  client.write("first ");
  await once(client, "data");
  proxy.kill("SIGTERM");
  await until(() => proxy.output().includes('"msg":"draining"'), "it drains");
  await assert.rejects(dial(proxy.ports["front"]!), { code: "ECONNREFUSED" });
  client.end("last");
  assert.equal(await readAll(client), "last");
  assert.equal(await proxy.ended, 0);
  const [name] = listTraces(folder, ".pb");
  const { trace } = readBinaryTrace(folder, name!);
  assert.ok(trace.case === "socketBufferedTrace");
  assert.equal(trace.value.events.length, 4);
  assert.match(proxy.output(), /^nothing lost: .*\b10 downstream-bytes, 10 upstream-bytes\n$/m);
});

test("SIGTERM does not wait longer than the drain time, nor after a second one; SIGINT ends at once with 130", async () => {
  const { port } = await echoService();
  const text = writeBootstrap({ endpoints: [ip(port)], chain: tap(`${folder}/tap`) });
  const cases: [args: string[], signals: NodeJS.Signals[], code: number][] = [
    [["--drain-time", "0.2"], ["SIGTERM"], 0],
    [["--drain-time", "60"], ["SIGTERM", "SIGTERM"], 0],
    [["--drain-time", "60"], ["SIGTERM", "SIGINT"], 130],
    [[], ["SIGINT"], 130],
  ];
  for (const [index, [args, signals, code]] of cases.entries()) {
    const proxy = await start(text, args);
    const client = await dial(proxy.ports["front"]!);
    client.write("unfinished");
    await once(client, "data");
    for (const signal of signals) {
      proxy.kill(signal);
      await sleep(50);
    }
    assert.equal(await proxy.ended, code);
    client.destroy();
    assert.equal(listTraces(folder, ".pb").length, index + 1, "the trace of what was cut off is whole");
  }
});

test("SIGHUP reads the configuration again, and refuses a bad one with its line", async () => {
  const first = await startService((socket) => socket.end("first"));
  const second = await startService((socket) => socket.end("second"));
  cleanups.push(first.stop, second.stop);
  const [port] = (await findFreePorts(1)) as [number];
  const listen = ip(port);
  const proxy = await start(writeBootstrap({ endpoints: [ip(first.port)], listen }));
  assert.equal(await echo(port, ""), "first");
  writeFileSync(config, `${writeBootstrap({ endpoints: [ip(second.port)], listen })}  no_such_key: 1\n`);
  proxy.kill("SIGHUP");
  await until(() => proxy.output().includes("refused"), "it refuses");
  assert.match(proxy.output(), /envoy\.yaml:\d+:\d+: .*no_such_key/);
  assert.equal(await echo(port, ""), "first");
  writeFileSync(config, writeBootstrap({ endpoints: [ip(second.port)], listen }));
  proxy.kill("SIGHUP");
  await until(() => proxy.output().includes("the new configuration runs"), "it takes it");
  assert.equal(await echo(port, ""), "second");
  assert.equal(await proxy.stop(), 0);
});

test("a configuration is only checked where that is asked for, and a wrong one ends with its line and 2", async () => {
  writeFileSync(config, writeBootstrap({ endpoints: [ip(1)] }));
  const good = await runProgram(process.execPath, [MAIN, "proxy", "-c", config, "--mode", "validate"]);
  assert.deepEqual([good.code, good.stderr], [0, `configuration '${config}' OK\n`]);
  writeFileSync(config, writeBootstrap({ endpoints: [ip(1)] }).replace("stat_prefix", "stat_prefx"));
  for (const mode of ["validate", "serve"]) {
    const bad = await runProgram(process.execPath, [MAIN, "proxy", "-c", config, "--mode", mode]);
    assert.equal(bad.code, 2);
    assert.match(bad.stderr, /^tapline: [^\n]*envoy\.yaml:6:\d+: [^\n]*stat_prefx[^\n]*\n$/);
  }
  const missing = await runProgram(process.execPath, [MAIN, "proxy", "-c", `${config}.not`]);
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /^tapline: [^\n]*\.not: there is no such file/);
});

test("a disabled extension records nothing, under either name, and the traffic goes on", async () => {
  const { port } = await echoService();
  const text = writeBootstrap({ endpoints: [ip(port)], chain: tap(`${folder}/tap`), cluster: tap(`${folder}/up`) });
  for (const name of ["envoy.transport_sockets.tap", "tap"]) {
    const proxy = await start(text, ["--disable-extension", name]);
    assert.equal(await echo(proxy.ports["front"]!, "secret"), "secret");
    assert.equal(await proxy.stop(), 0);
    assert.deepEqual(readdirSync(folder), ["envoy.yaml"]);
  }
  const unknown = await runProgram(process.execPath, [MAIN, "proxy", "-c", config, "--disable-extension", "tapp"]);
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /--disable-extension tapp: nothing of that name records; expected one of/);
});

test("where traces cannot be written, the proxy serves on and says what it lost", async () => {
  const { port } = await echoService();
  writeFileSync(join(folder, "file"), "");
  const proxy = await start(writeBootstrap({ endpoints: [ip(port)], chain: tap(`${folder}/file/tap`) }));
  for (const text of ["one", "two", "three"]) assert.equal(await echo(proxy.ports["front"]!, text), text);
  assert.equal(await proxy.stop(), 0);
  assert.match(proxy.output(), /"level":50.*"code":"ENOTDIR".*cannot write trace files/);
  assert.match(proxy.output(), /trace-files: 3 in = 0 handled \+ 3 dropped \(enotdir 3\)/);
});

test("when file descriptors run out, new connections are turned away and counted, and the open ones go on", {
  skip: process.platform !== "linux" && "the limit is read from /proc",
}, async () => {
  const { port } = await echoService();
  const [adminPort] = (await findFreePorts(1)) as [number];
  const text = `${writeBootstrap({ endpoints: [ip(port)], chain: tap(`${folder}/tap`) })}admin: {address: ${ip(adminPort)}}\n`;
  const proxy = await start(text, [], 100);
  const clients = await Promise.all(Array.from({ length: 80 }, () => dial(proxy.ports["front"]!)));
  const answers = await Promise.all(
    clients.map((client) => {
      client.write("x");
      return new Promise((resolve) =>
        client
          .once("data", () => resolve("x"))
          .once("close", () => resolve(""))
          .once("end", () => resolve("")),
      );
    }),
  );
  const served = answers.filter((answer) => answer === "x").length;
  assert.ok(served >= 20 && served < 50, `${served} were served`);
  for (const client of clients) client.destroy();
  const turnedAway = new RegExp(`downstream_cx_overflow: ${clients.length - served}$`, "m");
  assert.match(await getAdmin(adminPort, "/stats"), turnedAway);
  // Until it has seen that they are gone their descriptors are in use.
  for (let tries = 0; tries < 6000 && /_cx_active: [1-9]/.test(await getAdmin(adminPort, "/stats")); tries++)
    await sleep(20);
  assert.equal(await echo(proxy.ports["front"]!, "again"), "again");
  assert.equal(await proxy.stop(), 0);
  assert.match(proxy.output(), /turned away: file descriptors are running out/);
  assert.equal(listTraces(folder, ".pb").length, served + 1);
});

const canMount = process.platform === "linux" && process.getuid?.() === 0 && tryMount();
test("on a full disk the proxy serves on, says what it lost, and whole traces stay", {
  skip: !canMount && "needs the right to mount a tmpfs",
}, async () => {
  const disk = join(folder, "disk");
  mkdirSync(disk);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", disk]);
  cleanups.push(() => execFileSync("umount", [disk]));
  const { port } = await echoService();
  const limits = ", max_buffered_rx_bytes: 65536, max_buffered_tx_bytes: 65536";
  const proxy = await start(writeBootstrap({ endpoints: [ip(port)], chain: tap(`${disk}/tap`, limits) }));
  const text = "x".repeat(40_000);
  for (let round = 0; round < 10; round++) assert.equal(await echo(proxy.ports["front"]!, text), text);
  assert.equal(await proxy.stop(), 0);
  const names = readdirSync(disk);
  assert.ok(names.length >= 2 && names.length < 10, names.join(" "));
  for (const name of names) assert.ok(readBinaryTrace(disk, name).trace.case === "socketBufferedTrace", name);
  assert.match(proxy.output(), /"code":"ENOSPC".*cannot write trace files/);
  assert.match(
    proxy.output(),
    new RegExp(`trace-files: 10 in = ${names.length} handled \\+ ${10 - names.length} dropped \\(enospc`),
  );
});

test("traces are made 0600 in folders 0700, and a restart overwrites none", async () => {
  const { port } = await echoService();
  const text = writeBootstrap({ endpoints: [ip(port)], chain: tap(`${folder}/deep/er/tap`) });
  for (let run = 1; run <= 2; run++) {
    const proxy = await start(text);
    await echo(proxy.ports["front"]!, "x");
    await proxy.stop();
    assert.equal(listTraces(`${folder}/deep/er`, ".pb").length, run);
  }
  assert.equal(statSync(`${folder}/deep`).mode & 0o777, 0o700);
  for (const name of readdirSync(`${folder}/deep/er`))
    assert.equal(statSync(`${folder}/deep/er/${name}`).mode & 0o777, 0o600);
});

test("the admin listener tells the counters and is not reached through the proxy", async () => {
  const [adminPort] = (await findFreePorts(1)) as [number];
  const admin = `admin: {address: ${ip(adminPort)}}\n`;
  const proxy = await start(writeBootstrap({ endpoints: [ip(adminPort)] }) + admin);
  assert.equal(await echo(proxy.ports["front"]!, "GET /stats HTTP/1.1\r\nhost: localhost\r\n\r\n"), "");
  assert.equal(await getAdmin(adminPort, "/ready"), "LIVE\n");
  const stats = await getAdmin(adminPort, "/stats");
  assert.match(stats, /^cluster\.back\.upstream_cx_loop_refused: 1$/m);
  assert.match(stats, /^listener\.127\.0\.0\.1_0\.downstream_cx_total: 1$/m);
  assert.match(stats, /^# downstream-bytes: 40 in = 0 handled \+ 40 dropped \(no-upstream 40\)$/m);
});

test("several workers share a port, their ids differ, and the counters are added up", async () => {
  const { port } = await echoService();
  const [front, adminPort] = (await findFreePorts(2)) as [number, number];
  const text = `${writeBootstrap({ endpoints: [ip(port)], listen: ip(front), chain: tap(`${folder}/tap`) })}admin: {address: ${ip(adminPort)}}\n`;
  const proxy = await start(text, ["--concurrency", "2"]);
  await until(() => proxy.output().split('"msg":"listening"').length === 3, "both listen");
  const clients = 24;
  for (let client = 0; client < clients; client++) assert.equal(await echo(front, "x"), "x");
  assert.match(await getAdmin(adminPort, "/stats"), new RegExp(`upstream_cx_total: ${clients}$`, "m"));
  assert.equal(await proxy.stop(), 0);
  assert.equal(listTraces(folder, ".pb").length, clients);
});

function tryMount(): boolean {
  const { path, remove } = makeTemporaryFolder();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", path], { stdio: "ignore" });
    execFileSync("umount", [path], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  } finally {
    remove();
  }
}

test("what forwards does not wait for helpers of V8", async () => {
  const tapline = join(import.meta.dirname, "../bin/tapline");
  const show = "--import=data:text/javascript,process.stdout.write(process.execArgv.join()+String.fromCharCode(10))";
  for (const [command, isSingle] of [
    ["proxy", true],
    ["up", true],
    ["read", false],
  ] as const) {
    const { stdout } = await runProgram("/usr/bin/env", [`TAPLINE_NODE_OPTIONS=${show}`, tapline, command, "--help"]);
    assert.equal(stdout.split("\n", 1)[0]!.includes("--no-parallel-scavenge"), isSingle, command);
  }
});
