/** `tapline up`, which `npm start` runs. */
import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { startProgram } from "./support/processes.ts";
import { dial, readAll, startService, until } from "./support/proxy-harness.ts";
import { listTraces } from "./support/read-traces.ts";
import { runProgram } from "./support/run-program.ts";
import { MAIN } from "./support/tapline-main.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

let folder: string;
let cleanups: (() => unknown)[] = [];
beforeEach(() => {
  const temporary = makeTemporaryFolder();
  folder = temporary.path;
  cleanups = [temporary.remove];
});
afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

async function startUp(...args: string[]) {
  const started = startProgram(process.execPath, [MAIN, "up", ...args], { cwd: folder });
  cleanups.push(() => started.stop("SIGKILL"));
  await until(() => started.output().includes("Ctrl-C"), "it says what to do");
  const [, port] = /^Tapping 127\.0\.0\.1:(\d+) ->/.exec(started.output())!;
  return { ...started, port: Number(port) };
}

interface TraceEvent {
  readonly read?: { readonly data: { readonly as_bytes?: string } };
  readonly write?: { readonly data: { readonly as_bytes?: string } };
}

function textOf(part: TraceEvent["read"]): string {
  return Buffer.from(part?.data.as_bytes ?? "", "base64").toString("latin1");
}

test("alone it taps a demo service that has some traffic, errors and cut bodies included", async () => {
  const up = await startUp();
  // The commands that it names, as they stand there, in another folder.
  const said = up.output();
  const [curl, query, summary] = said.match(/(?<=^ {2})(?:curl|\S+ query|\S+ summary) .*$/gm)!;
  assert.equal(curl, `curl -i http://127.0.0.1:${up.port}/json`);
  assert.match(said, /^ {2}the page {11}http:\/\/127\.0\.0\.1:\d+\/$/m);
  const client = await dial(up.port);
  client.end("GET /json HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
  assert.match(await readAll(client), /^HTTP\/1\.1 200 OK\r\n.*"service":"demo"/s);
  const taps = join(folder, "taps");
  await until(() => listTraces(taps, ".json").length >= 2, "two connections were recorded");
  for (const [command, expected] of [
    [query!, /^\S+ +127\.0\.0\.1:\d+ \S+ 127\.0\.0\.1:\d+ +GET +\S+ +\/(?:json|cart\S*|error|missing|large) /m],
    [summary!, /^\d+ requests?, [\s\S]* GET \/json/m],
  ] as const) {
    const tried = await runProgram("/bin/sh", ["-c", `cd / && ${command}`]);
    assert.equal(tried.code, 0, tried.stderr);
    assert.match(tried.stdout, expected, command);
  }
  assert.equal(await up.stop("SIGINT"), 130);
  assert.match(up.output(), /^[\d.]+ requests\/s {3}[\d.]+ % errors {3}p50 \S+ \S+ {3}p99 .*since the start\)$/m);
  assert.doesNotMatch(up.output(), /^\d\d:\d\d:\d\d.*GET/m, "a list would hide what was said");
  assert.equal(statSync(taps).mode & 0o777, 0o700);
  const traces = listTraces(taps, ".json").map((name) => JSON.parse(readFileSync(join(taps, name), "utf8")));
  const texts = traces.map(({ socket_buffered_trace: { events } }) =>
    events.map((event: TraceEvent) => textOf(event.read) + textOf(event.write)).join(""),
  );
  assert.ok(texts.some((text) => text.includes("HTTP/1.1 500") && text.includes("POST /echo")));
  assert.ok(traces.some(({ socket_buffered_trace: trace }) => trace.write_truncated));
  assert.match(up.output(), /^upstream-bytes: (\d+) in = \1 handled\n$/m);
});

test("with an upstream it taps that, where it is told to listen, or on a free port", async () => {
  const service = await startService((socket) => socket.pipe(socket));
  cleanups.push(service.stop);
  const first = await startUp("--upstream", `127.0.0.1:${service.port}`);
  const second = await startUp("--upstream", `localhost:${service.port}`, "--taps", "others", "--data", "more");
  for (const { port } of [first, second]) {
    const client = await dial(port);
    client.end("hello");
    assert.equal(await readAll(client), "hello");
  }
  assert.notEqual(first.port, second.port);
  // Two in one folder would each lose what the other keeps.
  const third = await runProgram(process.execPath, [
    MAIN,
    "up",
    "--upstream",
    `127.0.0.1:${service.port}`,
    "--data",
    join(folder, "more"),
  ]);
  assert.equal(third.code, 1);
  assert.match(
    third.stderr,
    /^tapline: .*more: another process keeps exchanges in this folder; --data names another one$/m,
  );
  for (const up of [first, second]) assert.equal(await up.stop(), 0);
  for (const taps of ["taps", "others"]) assert.equal(listTraces(join(folder, taps), ".json").length, 1);
});

test("an address that was asked for and is taken is refused, with what to do", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  cleanups.push(() => server.close());
  await until(() => server.listening, "it listens");
  const { port } = server.address() as { port: number };
  const { code, stderr } = await runProgram(process.execPath, [
    MAIN,
    "up",
    "--listen",
    `127.0.0.1:${port}`,
    "--taps",
    folder,
  ]);
  assert.equal(code, 2);
  assert.match(
    stderr,
    new RegExp(`^tapline: .*cannot listen on 127\\.0\\.0\\.1:${port}: .*EADDRINUSE.*; another process listens there`),
  );
  for (const [option, value, expected] of [
    [
      "--upstream",
      "nowhere",
      /^tapline: .*argument 'nowhere' is invalid\. Expected HOST:PORT, such as 127\.0\.0\.1:8080/,
    ],
    ["--listen", "name.invalid:80", /^tapline: --listen: 'name\.invalid' is no address and no name of one; use an IP/],
    ["--listen", `localhost:${port}`, /cannot listen on 127\.0\.0\.1:/],
  ] as const) {
    const wrong = await runProgram(process.execPath, [MAIN, "up", option, value, "--taps", folder]);
    assert.equal(wrong.code, 2, value);
    assert.match(wrong.stderr, expected);
  }
});
