/**
 * Small bodies that are large when decoded, beside innocent requests: what a HAR tap and `--show -vv` cost the innocent, next to a proxy
 * without taps under the same load, and next to the same taps where the bodies are harmless. `npm run bench -- bomb`.
 */
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { writeHttpBootstrap } from "../test/support/http-tap-harness.ts";
import { startTaplineProxy } from "../test/support/tapline-process.ts";
import { median } from "./support/process-usage.ts";

const DECODED_BYTES = 400_000_000;
const ROUNDS = 3;
const SECONDS = 6;
/** Code is loaded and compiled meanwhile. */
const WARM_UP_SECONDS = 3;
/** How often each kind comes: milliseconds between two. */
const [INNOCENT_MILLIS, BOMB_MILLIS] = [5, 50];

const folder = mkdtempSync(join(tmpdir(), "tapline-bench-"));
const bodies = {
  bomb: brotliCompressSync(Buffer.alloc(DECODED_BYTES)),
  harmless: brotliCompressSync("harmless"),
};
type Kind = keyof typeof bodies;
const service = createServer((message, response) => {
  const body = bodies[message.url!.slice(1) as Kind] as Buffer | undefined;
  if (body === undefined) response.end("innocent");
  else response.writeHead(200, { "content-encoding": "br", "content-type": "text/plain" }).end(body);
});
await once(service.listen(0, "127.0.0.1"), "listening");
try {
  console.log(
    `a body of ${bodies.bomb.length} bytes that are ${DECODED_BYTES} when decoded, ${1000 / BOMB_MILLIS} a second`,
  );
  const ratios: number[] = [];
  const harmlessRatios: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const [plain, tapped, harmless] = [
      await measure(false, "bomb"),
      await measure(true, "bomb"),
      await measure(true, "harmless"),
    ];
    ratios.push(tapped / plain);
    harmlessRatios.push(tapped / harmless);
    console.log(
      `innocent p99: ${plain.toFixed(2)} ms untapped, ${tapped.toFixed(2)} ms with a HAR tap and --show -vv, ` +
        `${harmless.toFixed(2)} ms with them and harmless bodies`,
    );
  }
  console.log(
    `median of ${ROUNDS}: ${median(ratios).toFixed(2)} times untapped, ${median(harmlessRatios).toFixed(2)} times harmless`,
  );
} finally {
  service.close();
  service.closeAllConnections();
  rmSync(folder, { recursive: true });
}

/** Gives the 99th percentile of the innocents' latencies, in milliseconds. */
async function measure(isTapped: boolean, kind: Kind): Promise<number> {
  const sinks = `[ { format: HAR, file_per_tap: { path_prefix: ${folder}/t, single_file: true } } ]`;
  const tap = `common_config: { static_config: { match: { any_match: true }, output_config: { max_buffered_rx_bytes: 65536, max_buffered_tx_bytes: 65536, sinks: ${sinks} } } }`;
  const config = join(folder, "envoy.yaml");
  writeFileSync(config, writeHttpBootstrap((service.address() as AddressInfo).port, isTapped ? [tap] : []));
  const proxy = await startTaplineProxy(config, isTapped ? ["--show", "-vv"] : [], undefined, "/dev/null");
  const port = proxy.ports["front"]!;
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const latencies: number[] = [];
  const send = (path: string, done: (millis: number) => void): void => {
    const started = performance.now();
    request({ port, host: "127.0.0.1", path, agent }, (response) =>
      response.resume().on("end", () => done(performance.now() - started)),
    )
      .on("error", () => {})
      .end();
  };
  const timers = [
    setInterval(() => send("/", (millis) => latencies.push(millis)), INNOCENT_MILLIS),
    setInterval(() => send(`/${kind}`, () => {}), BOMB_MILLIS),
  ];
  await new Promise((resolve) => setTimeout(resolve, WARM_UP_SECONDS * 1000));
  latencies.length = 0;
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
  for (const timer of timers) clearInterval(timer);
  agent.destroy();
  await proxy.stop("SIGKILL");
  return latencies.sort((a, b) => a - b)[Math.floor(latencies.length * 0.99)]!;
}
