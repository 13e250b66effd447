/** Bodies and messages of HTTP/2 that are small, and large when decoded: taps and `--show` decode within their share, and count the rest. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { connect, createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { after, test } from "node:test";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import { createNodeRedactor } from "../src/analysis/redaction/node-redactor.ts";
import { showExchanges } from "../src/cli/proxy/show-exchanges.ts";
import { startTapped, writeHttpBootstrap } from "./support/http-tap-harness.ts";
import { until } from "./support/proxy-harness.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const MIB = 1024 * 1024;
const ZEROS = Buffer.alloc(32 * MIB);
const GZIP = gzipSync(ZEROS);
const message = Buffer.concat([Buffer.of(1, 0, 0, 0, 0), GZIP]);
message.writeUInt32BE(GZIP.length, 1);
const ANSWERS: Readonly<Record<string, readonly [headers: Record<string, string>, body: Buffer]>> = {
  br: [{ "content-type": "application/json", "content-encoding": "br" }, brotliCompressSync(ZEROS)],
  zstd: [{ "content-type": "application/json", "content-encoding": "zstd" }, zstdCompressSync(ZEROS)],
  gzip: [{ "content-type": "application/json", "content-encoding": "gzip" }, GZIP],
  grpc: [{ "content-type": "application/grpc", "grpc-encoding": "gzip" }, message],
};
const EACH = 12;

test("bombs over HTTP/2 and in gRPC are decoded within limits, elsewhere, and counted", async () => {
  const folder = makeTemporaryFolder();
  after(folder.remove);
  mkdirSync(join(folder.path, "taps"));
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  server.on("stream", (stream, { ":path": path }) => {
    const [headers, body] = ANSWERS[path!.slice(1)]!;
    stream
      .on("error", () => {})
      .on("wantTrailers", () => {
        stream.sendTrailers({
          "grpc-status": "0",
          "grpc-status-details-bin": GZIP.subarray(0, 3000).toString("base64"),
        });
      });
    stream.respond({ ":status": 200, ...headers }, { waitForTrailers: path === "/grpc" });
    stream.end(body);
  });
  const shown: Buffer[] = [];
  const out = new PassThrough().on("data", (piece: Buffer) => shown.push(piece)) as unknown as NodeJS.WriteStream;
  const output = `max_buffered_tx_bytes: ${MIB}, sinks: [ { format: HAR, file_per_tap: { path_prefix: ${folder.path}/taps/t } } ]`;
  const tap = `common_config: { static_config: { match: { any_match: true }, output_config: { ${output} } } }`;
  const bootstrap = writeHttpBootstrap((server.address() as AddressInfo).port, [tap]);
  const harness = await startTapped(
    bootstrap.replace("{ name: back,", "{ name: back, http2_protocol_options: {},"),
    (environment) => showExchanges({ verbosity: 2, redactor: createNodeRedactor(), stream: out }, environment),
  );
  const client = connect(`http://127.0.0.1:${harness.port}`);
  for (const kind of Object.keys(ANSWERS))
    for (let times = 0; times < EACH; times++) {
      const stream = client.request({ ":path": `/${kind}` });
      stream.resume().end();
      await once(stream, "close");
    }
  client.close();
  const { ledger, budget } = harness.tapped;
  const books = () => ["coded-bodies", "shown", "tap-messages"].map((name) => ledger.book(name));
  await until(
    () => books().every(({ buffered }) => buffered === 0) && ledger.book("shown").entered === 4 * EACH,
    () => ledger.format().join("\n"),
  );
  // By the tap and by what is shown, each; a message of gRPC is no body with a coding.
  const coded = ledger.book("coded-bodies");
  assert.equal(coded.entered, 2 * 3 * EACH);
  assert.equal(coded.handled + coded.skipped, coded.entered);
  assert.deepEqual(
    [...coded.skippedBy.keys()].filter((reason) => reason !== "decode-budget"),
    [],
  );
  assert.ok(coded.handled >= 2, coded.format());
  await harness.stop();
  server.close();
  assert.equal(budget.used, 0);

  const text = Buffer.concat(shown).toString();
  const count = (pattern: RegExp) => text.match(pattern)?.length ?? 0;
  assert.equal(count(/problems [^\n]*(?:decompression-limit|decode-budget|show-budget)/g), 3 * EACH);
  const entries = readdirSync(join(folder.path, "taps")).map((name) =>
    JSON.parse(readFileSync(join(folder.path, "taps", name), "latin1")),
  );
  assert.equal(entries.length, 4 * EACH);
  for (const { log } of entries) assert.ok((log.entries[0].response.content.text?.length ?? 0) <= 2 * 6 * MIB);
});
