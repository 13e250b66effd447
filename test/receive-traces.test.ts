/** `tapline receive-traces` as its users run it, with reports from elsewhere, from the proxy, and from `read --publish`. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { request as secureRequest } from "node:https";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { gzipSync } from "node:zlib";
import { toTelemetry } from "../src/analysis/http/telemetry/index.ts";
import { EXCHANGE_CODEC } from "../src/analysis/protocols/index.ts";
import { documentLine } from "../src/wire/ndjson/index.ts";
import { DEFAULT_TELEMETRY_OPTIONS, writeTelemetry } from "../src/wire/telemetry/index.ts";
import { buildExchange, type ExchangeParts } from "./support/build-exchange.ts";
import { createCertificates } from "./support/certificates.ts";
import { type StartedProgram, startProgram } from "./support/processes.ts";
import { until } from "./support/proxy-harness.ts";
import { runProgram } from "./support/run-program.ts";
import { MAIN } from "./support/tapline-main.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";
import { startTraceBackend } from "./support/trace-backend.ts";

const SECRET = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";

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

interface Receiver extends StartedProgram {
  readonly port: number;
  readonly documents: () => Document[];
  post(format: "scn" | "apiclarity", parts: ExchangeParts, headers?: Record<string, string>): Promise<Response>;
}

interface Document {
  readonly request: { readonly target: string; readonly body: { readonly text: string } };
  readonly response: { readonly status: number; readonly body: { readonly text: string } };
  readonly connection: { readonly namespace?: string };
}

async function receive(...args: string[]): Promise<Receiver> {
  const command = [MAIN, "receive-traces", "--listen", "127.0.0.1:0", "-o", "ndjson", ...args];
  const started = startProgram(process.execPath, command);
  cleanups.push(() => started.stop("SIGKILL"));
  const find = () => /listening on 127\.0\.0\.1:(\d+)/.exec(started.output());
  await until(() => find() !== null || started.child.exitCode !== null, "it listens");
  const port = Number(find()?.[1]);
  return {
    ...started,
    port,
    documents: () =>
      started
        .output()
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line) as Document)
        // The log has objects, too.
        .filter(({ request }) => request !== undefined),
    post: (format, parts, headers = {}) =>
      fetch(`http://127.0.0.1:${port}${format === "scn" ? "/publish" : "/api/telemetry"}`, {
        method: "POST",
        body: headers["content-encoding"] === "gzip" ? gzipSync(report(format, parts)) : report(format, parts),
        headers,
      }),
  };
}

function report(format: "scn" | "apiclarity", parts: ExchangeParts): string {
  return writeTelemetry(toTelemetry(buildExchange(parts), { ...DEFAULT_TELEMETRY_OPTIONS, format }), format);
}

const from = (address: string, port: number): NonNullable<ExchangeParts["connection"]> => ({
  remote: { kind: "ip", address, port },
  namespace: "shop",
});

test("shows reports of both formats, redacted, and says how many there were; lists the hosts that it is told", async () => {
  const hosts = join(folder, "hosts");
  writeFileSync(hosts, "a.b:80\nc.d:8080\n");
  const receiver = await receive("--hosts", `@${hosts}`);
  const list = () => fetch(`http://127.0.0.1:${receiver.port}/api/hostsToTrace`);
  const listed = await list();
  assert.equal(listed.headers.get("content-type"), "application/json");
  assert.deepEqual(await listed.json(), { hosts: ["a.b:80", "c.d:8080"] });
  for (const [text, expected] of [
    ["e.f\n", ["a.b:80", "c.d:8080"]],
    ["e.f:443\n", ["e.f:443"]],
  ] as const) {
    writeFileSync(hosts, text);
    assert.deepEqual(await (await list()).json(), { hosts: expected }, "edited while it runs");
  }
  const parts = { requestHeaders: { authorization: `Bearer ${SECRET}` }, responseBody: "hello" };
  assert.equal((await receiver.post("scn", { ...parts, target: "/one" })).status, 200);
  const gzip = { "content-encoding": "gzip" };
  const inShop = { ...parts, target: "/two", connection: from("10.0.0.1", 1234) };
  assert.equal((await receiver.post("apiclarity", inShop, gzip)).status, 200);
  assert.equal((await fetch(`http://127.0.0.1:${receiver.port}/publish`, { method: "POST", body: "{" })).status, 400);
  await until(() => receiver.documents().length === 2, "they are shown");
  assert.equal(await receiver.stop("SIGINT"), 130);
  const [one, two] = receiver.documents();
  assert.deepEqual([one!.request.target, two!.request.target], ["/one", "/two"]);
  assert.deepEqual([two!.response.body.text, two!.connection.namespace], ["hello", "shop"]);
  assert.ok(!receiver.output().includes(SECRET));
  assert.match(receiver.output(), /hosts:1:1: expected host:port or \*, found \\"e\.f\\"/);
  assert.match(receiver.output(), /received-traces: 3 in = 2 handled \+ 1 dropped \(not-json 1\)/);
});

test("a request that two sidecars report is shown once; two requests of one connection are two", async () => {
  const receiver = await receive();
  const parts = { requestHeaders: { "x-request-id": "r1" } };
  await receiver.post("apiclarity", { ...parts, connection: from("10.0.0.1", 1234) });
  await receiver.post("apiclarity", { ...parts, connection: from("127.0.0.6", 4321) });
  for (let i = 0; i < 2; i++) await receiver.post("scn", { connection: from("10.0.0.1", 1234) });
  await receiver.stop("SIGTERM");
  assert.equal(receiver.documents().length, 3);
  assert.match(receiver.output(), /requests: 4 in = 3 handled \+ 1 skipped \(further-view 1\)/);
});

test("writes packets, and HAR, of what was reported", async () => {
  for (const name of ["all.pcapng", "all.har"]) {
    const receiver = await receive("-w", join(folder, name));
    await receiver.post("scn", { target: "/written", method: "POST", requestBody: "body", responseBody: "answer" });
    assert.equal(await receiver.stop("SIGTERM"), 0, receiver.output());
    const { stdout } = await runProgram(process.execPath, [MAIN, "read", join(folder, name), "-q", "-o", "ndjson"]);
    const [document] = stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Document);
    assert.deepEqual([document!.request.target, document!.response.body.text], ["/written", "answer"], name);
  }
});

test("passes on what it receives to another backend", async () => {
  const backend = await startTraceBackend();
  cleanups.push(backend.close);
  const receiver = await receive("--publish", `http://127.0.0.1:${backend.port}`, "--publish-format", "apiclarity");
  await receiver.post("scn", { target: "/on", connection: from("10.0.0.1", 1234) });
  assert.equal(await receiver.stop("SIGTERM"), 0, receiver.output());
  assert.equal(backend.posted[0]!.path, "/api/telemetry");
  const document = JSON.parse(String(backend.posted[0]!.body));
  assert.deepEqual([document.request.path, document.destinationNamespace], ["/on", "shop"]);
});

test("beyond loopback it must be said who may report; tokens are asked for", async () => {
  const { code, stderr } = await runProgram(process.execPath, [MAIN, "receive-traces", "--listen", "0.0.0.0:0"]);
  assert.equal(code, 2);
  assert.match(stderr, /who may report\?.*--ingest-auth/);
  const receiver = await receive("--token", "t0k");
  assert.equal((await receiver.post("scn", {})).status, 401);
  assert.equal((await receiver.post("scn", {}, { "x-trace-source-token": "t0k" })).status, 200);
});

test("with certificates: only clients that have one", async () => {
  const { authority, server, client } = createCertificates(folder);
  const receiver = await receive(
    ...["--ingest-auth", "mtls", "--tls-cert", server.certificate, "--tls-key", server.key, "--tls-ca", authority],
  );
  const call = (options: object) =>
    new Promise<number | string>((resolve) => {
      const ca = readFileSync(authority);
      const outgoing = secureRequest(
        { port: receiver.port, host: "localhost", path: "/publish", method: "POST", ca, ...options },
        (response) => resolve(response.resume().statusCode!),
      );
      outgoing.on("error", () => resolve("refused")).end(report("scn", {}));
    });
  assert.equal(await call({}), "refused");
  assert.equal(await call({ cert: readFileSync(client.certificate), key: readFileSync(client.key) }), 200);
  writeFileSync(join(folder, "one.ndjson"), documentLine(EXCHANGE_CODEC.writeDocument(buildExchange())));
  const flags = ["--publish-ca", authority, "--publish-cert", client.certificate, "--publish-key", client.key];
  const url = `https://localhost:${receiver.port}`;
  const read = await runProgram(process.execPath, [
    MAIN,
    "read",
    join(folder, "one.ndjson"),
    "--publish",
    url,
    ...flags,
  ]);
  assert.equal(read.code, 0, read.stderr);
  assert.match(read.stderr, /^nothing lost: .*\b1 published/m);
});

test("read --publish reports a file's exchanges, and fails where nobody takes them", async () => {
  const backend = await startTraceBackend();
  const file = join(folder, "all.ndjson");
  const lines = Array.from({ length: 50 }, (_, i) =>
    documentLine(
      EXCHANGE_CODEC.writeDocument(buildExchange({ target: `/${i}`, requestHeaders: { cookie: "sid=s3cr3tvalue" } })),
    ),
  );
  writeFileSync(file, lines.join(""));
  const args = [MAIN, "read", file, "-Y", "request.path != '/7'", "--publish", `http://127.0.0.1:${backend.port}`];
  const { code, stderr, stdout } = await runProgram(process.execPath, args);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^nothing lost: .*\b49 published/m);
  assert.equal(backend.posted.length, 49);
  assert.ok(!backend.posted.some(({ body }) => body.includes("s3cr3tvalue")));
  assert.equal(stdout.split("\n").filter(Boolean).length, 49);
  await backend.close();
  const refusing = await startTraceBackend((_request, response) => void response.writeHead(404).end());
  const refused = await runProgram(process.execPath, [...args.slice(0, -1), `http://127.0.0.1:${refusing.port}`]);
  await refusing.close();
  assert.equal(refused.code, 1);
  assert.match(
    refused.stderr,
    /cannot report to http:\/\/127\.0\.0\.1:\d+: 49 reports were refused, the last with 404/,
  );
  const gone = await runProgram(process.execPath, args, { timeoutMillis: 60_000 });
  assert.equal(gone.code, 1);
  assert.match(gone.stderr, /cannot report to http:\/\/127\.0\.0\.1:\d+: econnrefused/);
});
