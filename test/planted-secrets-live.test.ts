/**
 * The planted secrets, sent through a running proxy: none is in a trace of a tap that redacts, whatever its format, in what `/tap` streams,
 * in what is printed and logged, in what the admin listener tells, or in what `receive-taps` prints and writes of a tap that does not. Marks are equal in all of them. `SEED` draws others.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { writeHttpBootstrap } from "./support/http-bootstrap.ts";
import { leaksOf } from "./support/planted/leaks.ts";
import { PlantedService } from "./support/planted/play-planted.ts";
import { client, type Planted, server } from "./support/planted/shape.ts";
import { capturePlanted, plantHttpSecrets } from "./support/planted/write-planted.ts";
import { findFreePorts, startProgram, waitForPort } from "./support/processes.ts";
import { until } from "./support/proxy-harness.ts";
import { startTaplineProxy, type TaplineProcess } from "./support/tapline-process.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const SEED = Number(process.env["SEED"] ?? 0) || 20_261_129;
const PROGRAM = join(import.meta.dirname, "../bin/tapline");
const FORMATS = ["JSON_BODY_AS_STRING", "JSON_BODY_AS_BYTES", "PROTO_TEXT", "PROTO_BINARY", "HAR", "PCAPNG"];
const PAGES =
  "/stats /stats?format=json /stats/prometheus /clusters /listeners /config_dump /server_info /memory /certs /";
const folder = makeTemporaryFolder();
after(folder.remove);
const key = join(folder.path, "key");
writeFileSync(key, "0123456789abcdef0123456789abcdef");

describe("a running proxy", () => {
  test("shows none of the planted secrets", { timeout: 600_000 }, async (context) => {
    const planted = plantHttpSecrets(SEED);
    const service = await PlantedService.start();
    const [port] = (await findFreePorts(1)) as [number];
    const received = join(folder.path, "received.har");
    const receiver = startProgram(PROGRAM, ["receive-taps", "--listen", `127.0.0.1:${port}`, "-vv", "-w", received]);
    context.after(() => receiver.stop("SIGKILL"));
    await waitForPort(port, 240);
    const taps = [streamTo(port)];
    const { proxy, admin } = await startProxy("all", service, FORMATS, ["--show", "-vv", "-l", "debug"], { taps });
    const streamed: Buffer[] = [];
    try {
      const reader = await attach(admin, streamed);
      await service.play(proxy.ports["front"]!, planted);
      const pages = await Promise.all(PAGES.split(" ").map((path) => get(admin, path)));
      await until(() => streamed.length > 0, "something is streamed");
      reader.destroy();
      assert.equal(await proxy.stop(), 0, proxy.output());
      await receiver.stop();
      const outputs: Record<string, string> = { printed: proxy.output(), pages: pages.join("\n") };
      outputs["received"] = receiver.output();
      outputs["received.har"] = readFileSync(received, "latin1");
      outputs["/tap"] = Buffer.concat(streamed).toString("latin1");
      for (const format of FORMATS) outputs[format] = readTraces("all", format).join("\n");
      for (const [name, text] of Object.entries(outputs)) {
        assert.ok(text.length > 5000, `${name}: ${text.length}`);
        assert.deepEqual(leaksOf(planted, text), [], `${name}, seed ${SEED}`);
      }
    } finally {
      await proxy.stop("SIGKILL");
      service.stop();
    }
  });

  test("marks equal secrets equally in every worker, and with a key in every run", async () => {
    const service = await PlantedService.start();
    const marks: Set<string>[] = [];
    try {
      for (const run of ["first", "second", "third"]) {
        const [port] = (await findFreePorts(1)) as [number];
        const args = ["--concurrency", "2", ...(run === "first" ? [] : ["--redact-key", key])];
        const { proxy } = await startProxy(run, service, ["JSON_BODY_AS_STRING"], args, { port });
        await until(() => proxy.output().split('"msg":"listening"').length === 3, "both listen");
        await service.play(port, new Array<Planted>(CONNECTIONS).fill(ASKED));
        assert.equal(await proxy.stop(), 0, proxy.output());
        const traces = readTraces(run, "JSON_BODY_AS_STRING");
        assert.equal(traces.length, CONNECTIONS);
        marks.push(new Set(traces.join().match(/redacted-x-api-key-[0-9a-f]{8}/g)));
      }
    } finally {
      service.stop();
    }
    for (const one of marks) assert.equal(one.size, 1);
    assert.deepEqual(marks[1], marks[2]);
    assert.notDeepEqual(marks[0], marks[1]);
    const shown = read(capturePlanted([ASKED]), "--redact-key", key);
    assert.ok(shown.includes([...marks[1]!][0]!), shown);
  });
});

const CONNECTIONS = 24;
const ASKED: Planted = {
  name: "asked",
  texts: [],
  pieces: [
    client("GET / HTTP/1.1\r\nHost: h\r\nX-Api-Key: hunter2hunter2\r\n\r\n"),
    server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
  ],
};

/** A tap whose traces are exact, for a service of taps. */
const streamTo = (port: number): string => {
  const sink = `streaming_grpc: { grpc_service: { google_grpc: { target_uri: "127.0.0.1:${port}" } } }`;
  const output = `max_buffered_rx_bytes: 65536, max_buffered_tx_bytes: 65536, sinks: [ { ${sink} } ]`;
  return `common_config: { static_config: { match: { any_match: true }, output_config: { ${output} } } }`;
};

/** @param port where it listens; any @param taps beside those that write files */
async function startProxy(
  name: string,
  service: PlantedService,
  formats: readonly string[],
  args: readonly string[],
  { port = 0, taps: others = [] }: { port?: number; taps?: readonly string[] } = {},
): Promise<{ proxy: TaplineProcess; admin: number }> {
  const taps = formats.map((format) => {
    mkdirSync(join(folder.path, name, format), { recursive: true });
    const prefix = join(folder.path, name, format, "t");
    const output = `max_buffered_rx_bytes: 65536, max_buffered_tx_bytes: 65536, sinks: [ { format: ${format}, file_per_tap: { path_prefix: ${prefix} } } ]`;
    return `common_config: { static_config: { match: { any_match: true }, redact: true, output_config: { ${output} } } }`;
  });
  taps.push(...others);
  if (port === 0) taps.push("common_config: { admin_config: { config_id: one } }");
  const config = join(folder.path, `${name}.yaml`);
  const text = writeHttpBootstrap(service.port, taps).replace(/(name: front\n.*port_value: )0/, `$1${port}`);
  writeFileSync(config, port === 0 ? text : text.replace(/^admin: .*\n/, ""));
  const proxy = await startTaplineProxy(config, args);
  const admin = Number(/"address":"127\.0\.0\.1:(\d+)","msg":"admin listening"/.exec(proxy.output())?.[1]);
  return { proxy, admin };
}

const READER = `config_id: one
tap_config:
  match: { any_match: true }
  redact: true
  output_config: { max_buffered_rx_bytes: 65536, max_buffered_tx_bytes: 65536, sinks: [ { format: JSON_BODY_AS_STRING, streaming_admin: {} } ] }`;

async function attach(port: number, pieces: Buffer[]): Promise<{ destroy(): void }> {
  const sent = request({ port, host: "127.0.0.1", method: "POST", path: "/tap", agent: false });
  await new Promise<void>((resolve, reject) => {
    sent.on("response", (response) => {
      response.on("data", (piece: Buffer) => pieces.push(piece)).on("error", () => {});
      resolve();
    });
    sent.on("error", reject).end(READER);
  });
  return sent;
}

async function get(port: number, path: string): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}${path}`)).text();
}

function read(capture: Uint8Array, ...flags: string[]): string {
  const path = join(folder.path, "one.pcap");
  writeFileSync(path, capture);
  return spawnSync(PROGRAM, ["read", "-q", "-o", "ndjson", path, ...flags], { encoding: "utf8" }).stdout;
}

function readTraces(name: string, format: string): string[] {
  const path = join(folder.path, name, format);
  return readdirSync(path).map((file) => readFileSync(join(path, file), "latin1"));
}
