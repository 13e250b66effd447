import assert from "node:assert/strict";
import { test } from "node:test";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { buildExchange } from "../../../test/support/build-exchange.ts";
import { decodeBody } from "../../analysis/content/decode-bodies.ts";
import { decodeContent } from "../../analysis/content/node-content-decoder.ts";
import { harEntry } from "../../analysis/http/har/har-entry.ts";
import { Redactor } from "../../analysis/redaction/index.ts";
import { createNodeRedactor } from "../../analysis/redaction/node-redactor.ts";
import { portableKeyedHash } from "../../analysis/redaction/secret-marker.ts";
import { type HttpExchange, Ledger, MemoryBudget } from "../../model/index.ts";
import { PacedDecoder, type PacedDecoderOptions } from "./paced-decoder.ts";
import { type BodyDecoder, type DecodeJob, type DecodeResult, ThreadDecoder } from "./thread-decoder.ts";

/** Decodes when it is told to, and says that it took as long as a test wants. */
class ScriptedDecoder implements BodyDecoder {
  readonly jobs: { job: DecodeJob; done: (result: DecodeResult | undefined) => void }[] = [];

  run(job: DecodeJob, done: (result: DecodeResult | undefined) => void): void {
    this.jobs.push({ job, done });
  }

  finish(cpuMillis: number): void {
    const { job, done } = this.jobs.shift()!;
    const bodies = job.bodies.map(({ body, headers }) => decodeBody(body, headers, decodeContent, job.limits));
    done({ bodies, cpuMicros: cpuMillis * 1000 });
  }
}

function start(options: { decoder?: BodyDecoder; budgetBytes?: number } & Partial<PacedDecoderOptions> = {}) {
  const clock = { now: 0 };
  const ledger = new Ledger();
  const budget = new MemoryBudget(options.budgetBytes ?? 64 * 1024 * 1024);
  const decoder = new ScriptedDecoder();
  const paced = new PacedDecoder({
    ...options,
    budget,
    ledger,
    decoder: options.decoder ?? decoder,
    now: () => clock.now,
  });
  const out: string[] = [];
  const submit = (exchange: HttpExchange): void =>
    paced.submit(exchange, ({ response, problems }) => {
      const { bytes, decodedFrom = "as it was" } = response!.body;
      out.push([response!.status, decodedFrom, bytes.length, ...problems].join(" "));
    });
  return { clock, ledger, budget, decoder, paced, out, submit };
}

const plain = (status: number) => buildExchange({ status, responseBody: "plain" });
const coded = (status: number, bytes: Uint8Array = gzipSync("twelve bytes")) =>
  buildExchange({ status, responseHeaders: { "content-encoding": "gzip" }, responseBody: bytes });

test("what has no coding passes at once, unless somebody waits: the order stays", () => {
  const { decoder, out, submit, ledger, budget } = start();
  submit(plain(1));
  assert.deepEqual(out, ["1 as it was 5"]);
  submit(coded(2));
  submit(plain(3));
  submit(coded(4));
  assert.equal(decoder.jobs.length, 1, "one at a time");
  assert.equal(out.length, 1);
  decoder.finish(1);
  decoder.finish(1);
  assert.deepEqual(out.slice(1), ["2 gzip 12", "3 as it was 5", "4 gzip 12"]);
  assert.equal(ledger.book("coded-bodies").format(), "coded-bodies: 2 in = 2 handled");
  assert.equal(budget.used, 0);
});

test("no more than a twentieth of a core: what is beyond stays coded, says so, and is counted", () => {
  const { clock, decoder, out, submit, ledger, budget } = start();
  submit(coded(1));
  decoder.finish(150);
  submit(coded(2));
  clock.now += 900;
  submit(coded(3));
  assert.equal(decoder.jobs.length, 0, "50 ms too many were used: 1000 ms make up for them");
  clock.now += 200;
  submit(coded(4));
  decoder.finish(1);
  const size = coded(2).response!.body.bytes.length;
  assert.deepEqual(out, [
    "1 gzip 12",
    `2 as it was ${size} decode-budget`,
    `3 as it was ${size} decode-budget`,
    "4 gzip 12",
  ]);
  assert.equal(ledger.book("coded-bodies").format(), "coded-bodies: 4 in = 2 handled + 2 skipped (decode-budget 2)");
  assert.equal(budget.used, 0);
});

test("whatever an attack sends, the CPU that is used stays within the share of the time", () => {
  const { clock, decoder, submit, out } = start();
  let used = 0;
  for (let millis = 0; millis < 60_000; millis += 2) {
    clock.now = millis;
    submit(coded(millis));
    if (decoder.jobs.length > 0) {
      used += 111;
      decoder.finish(111);
    }
  }
  assert.equal(out.length, 30_000);
  assert.ok(used <= 0.05 * 60_000 + 100 + 111 && used >= 0.05 * 60_000 - 111, `${used} ms`);
});

test("a body is copied while it waits, and not beyond the budget or the queue", () => {
  const { decoder, out, submit, budget, ledger } = start();
  const bytes = gzipSync("twelve bytes");
  submit(coded(1, bytes));
  bytes.fill(0);
  decoder.finish(1);
  assert.deepEqual(out, ["1 gzip 12"]);
  for (let status = 0; status < 300; status++) submit(coded(status));
  assert.equal(out.length, 1 + 300 - 256);
  assert.match(out[1]!, /^256 as it was \d+ decode-budget$/);
  while (decoder.jobs.length > 0) decoder.finish(0);
  assert.equal(out.length, 301);
  assert.equal(budget.used, 0);
  assert.equal(ledger.book("coded-bodies").buffered, 0);

  const poor = start({ budgetBytes: 1000 });
  poor.submit(coded(1));
  assert.match(poor.out[0]!, /decode-budget/);
  assert.equal(poor.budget.used, 0);
});

test("a decoder that dies leaves bodies as they are", async () => {
  const { decoder, out, submit, paced, budget } = start();
  submit(coded(1));
  submit(plain(2));
  const idle = paced.whenIdle();
  decoder.jobs.shift()!.done(undefined);
  await idle;
  assert.deepEqual(
    out.map((line) => line.replace(/ \d+ /, " … ")),
    ["1 as it was … decode-budget", "2 as it was 5"],
  );
  assert.equal(budget.used, 0);
});

test("the thread decodes as decodeBodies does, and stops at a megabyte, and at 64 bytes for each that is compressed", async () => {
  const { out, submit, paced, budget } = start({ decoder: ThreadDecoder.shared });
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  const small = gzipSync(Buffer.alloc(1024 * 1024));
  submit(coded(1));
  submit(coded(2, bomb));
  submit(coded(5, small));
  submit(coded(3, Buffer.from("no gzip")));
  submit(
    buildExchange({
      status: 4,
      requestHeaders: { "content-encoding": "br" },
      requestBody: brotliCompressSync("asked"),
      responseHeaders: { "content-encoding": "br" },
      responseBody: brotliCompressSync("answered"),
    }),
  );
  await paced.whenIdle();
  assert.deepEqual(out, [
    "1 gzip 12",
    "2 gzip 1048576 decompression-limit",
    `5 gzip ${65_536 + 64 * small.length} decompression-limit`,
    "3 as it was 7",
    "4 br 8",
  ]);
  assert.equal(budget.used, 0);
});

test("the thread redacts what it has decoded, with this process's marks, and the body is not searched again", async () => {
  const redactor = createNodeRedactor({ also: { names: ["iban"] } });
  const { paced, budget } = start({ decoder: ThreadDecoder.shared, redactor });
  const text = '{"password":"hunter2","iban":"DE00","page":7}';
  const type = "application/json";
  const expected = redactor.content(Buffer.from(text), type);
  const exchange = buildExchange({
    status: 200,
    responseHeaders: { "content-encoding": "gzip", "content-type": type },
    responseBody: gzipSync(text),
  });
  const bodies = await new Promise<Uint8Array[]>((resolve) =>
    paced.submit(exchange, ({ response }) => {
      const { body, headers } = response!;
      const again = redactor.body(body, headers);
      resolve([body.bytes, again.bytes, redactor.body({ ...body }, headers).bytes]);
      assert.equal(redactor.body(body, []), again, "the headers are not looked at any more");
    }),
  );
  assert.equal(Buffer.from(bodies[0]!).toString(), text);
  assert.equal(Buffer.from(bodies[1]!).toString(), Buffer.from(expected).toString());
  assert.doesNotMatch(Buffer.from(bodies[1]!).toString(), /hunter2|DE00/);
  assert.deepEqual(bodies[2], bodies[1]);
  await paced.whenIdle();
  assert.equal(budget.used, 0);
});

test("a long body without a coding is redacted elsewhere, in its turn, whatever decoding has used up", () => {
  const redactor = createNodeRedactor();
  const { decoder, out, submit, ledger, budget } = start({ redactor });
  const long = (status: number) => buildExchange({ status, responseBody: "x".repeat(16 * 1024) });
  submit(coded(1));
  decoder.finish(150);
  submit(long(2));
  submit(coded(3));
  submit(plain(4));
  assert.equal(out.length, 1);
  assert.deepEqual(
    decoder.jobs.map(({ job }) => job.bodies.map(({ body }) => body.bytes.length)),
    [[16_384]],
  );
  decoder.finish(500);
  assert.deepEqual(
    out.map((line) => line.replace(/ \d+ d/, " … d")),
    ["1 gzip 12", "2 as it was 16384", "3 as it was … decode-budget", "4 as it was 5"],
  );
  assert.equal(ledger.book("coded-bodies").format(), "coded-bodies: 2 in = 1 handled + 1 skipped (decode-budget 1)");
  assert.equal(budget.used, 0);
  const other = start();
  other.submit(long(1));
  assert.deepEqual(other.out, ["1 as it was 16384"], "nobody searches it");
});

test("nothing is found in a long body on the event loop, and everything in a short one", async () => {
  // Whoever finds a secret hashes it.
  let found = 0;
  const keyedHash = (key: Uint8Array) => {
    const hash = portableKeyedHash(key);
    return (value: string) => {
      found++;
      return hash(value);
    };
  };
  const key = new Uint8Array(16);
  const redactor = new Redactor({ key, keyedHash });
  const { paced, budget } = start({ decoder: ThreadDecoder.shared, redactor });
  const show = (text: string) =>
    new Promise<string>((resolve) =>
      paced.submit(buildExchange({ responseBody: text }), ({ response }) =>
        resolve(Buffer.from(redactor.body(response!.body, response!.headers).bytes).toString()),
      ),
    );
  const secret = '{"password":"hunter2"}';
  const text = `${"words ".repeat(20_000)}${secret}`;
  assert.equal(await show(text), Buffer.from(new Redactor({ key }).content(Buffer.from(text), "")).toString());
  assert.equal(found, 0);
  assert.doesNotMatch(await show(secret), /hunter2/);
  assert.equal(found, 1);
  await paced.whenIdle();
  assert.equal(budget.used, 0);
});

test("an entry of a HAR is written in the thread, as it would be here", async () => {
  const { paced, budget } = start({ decoder: ThreadDecoder.shared, makes: "har-entries" });
  const [exchange, uncoded] = [coded(200), plain(200)];
  const entries: unknown[] = [];
  for (const one of [exchange, uncoded])
    paced.submit(one, (_, entry) => entries.push(entry && JSON.parse(Buffer.from(entry).toString())));
  await paced.whenIdle();
  const { response } = exchange;
  const decoded = { ...response!, body: decodeBody(response!.body, response!.headers, decodeContent) };
  assert.deepEqual(entries, [JSON.parse(JSON.stringify(harEntry({ ...exchange, response: decoded }))), undefined]);
  assert.equal(budget.used, 0);
});
