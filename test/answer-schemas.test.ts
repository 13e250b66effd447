/** Documents of `summary` and `diff` for programs: they are as their published schemas say, and have nothing else. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { closeSchema } from "../src/analysis/protocols/document-schema.ts";
import { EXCHANGE_CODEC } from "../src/analysis/protocols/index.ts";
import { comparisonSchema } from "../src/sink/terminal/comparison/schema.ts";
import { summarySchema } from "../src/sink/terminal/summary/schema.ts";
import { documentLine, type JsonSchema } from "../src/wire/ndjson/index.ts";
import { buildExchange } from "./support/build-exchange.ts";
import { runProgram } from "./support/run-program.ts";
import { MAIN } from "./support/tapline-main.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const { path: folder, remove } = makeTemporaryFolder();
after(remove);
const SAMPLE = join(import.meta.dirname, "../docs/sample");
const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
(formats as unknown as (ajv: Ajv2020) => void)(ajv);

/** No times, no answer, nothing of TLS. */
const BARE = join(folder, "bare.ndjson");
writeFileSync(
  BARE,
  [buildExchange({ exchange: { times: {} } }), buildExchange({ without: "response", exchange: { times: {} } })]
    .map((one) => documentLine(EXCHANGE_CODEC.writeDocument(one)))
    .join(""),
);

async function check(schema: JsonSchema, wanted: number, ...args: string[]): Promise<string> {
  const { stdout, stderr, code } = await runProgram(process.execPath, [MAIN, ...args, "-q"]);
  assert.equal(code, wanted, stderr);
  const validate = ajv.compile(closeSchema(schema));
  const text = Buffer.from(stdout, "latin1").toString();
  assert.ok(validate(JSON.parse(text)), `${args.join(" ")}: ${ajv.errorsText(validate.errors)}`);
  return text;
}

test("the schemas of schema/ are what the code says", () => {
  for (const [name, schema] of [
    ["summary", summarySchema()],
    ["diff", comparisonSchema()],
  ] as const) {
    const path = join(import.meta.dirname, `../schema/${name}.schema.json`);
    assert.deepEqual(JSON.parse(readFileSync(path, "utf8")), schema, "run npm run schema");
  }
});

test("summaries of everything that the samples have", { timeout: 60_000 }, async () => {
  const files = ["capture.pcapng", "tls.pcapng", "redis-dns.pcapng", "grpc.pcapng", "session.har"].map((name) =>
    join(SAMPLE, name),
  );
  const text = await check(summarySchema(), 0, "summary", ...files, BARE, "-o", "json", "--by", "kind,response.code");
  assert.ok(text.includes('"durationMs"') && text.includes('"failures"') && /"TLS/.test(text), text.slice(0, 500));
  await check(summarySchema(), 0, "read", BARE, "--summary", "-o", "ndjson");
});

test("comparisons with differences of many kinds, and with none", { timeout: 60_000 }, async () => {
  const day = join(SAMPLE, "day.pcapng.gz");
  const text = await check(comparisonSchema(), 5, "diff", day, "--at", "14:05", "--tz", "UTC", "-o", "json");
  for (const aspect of ["status", "response-member"]) assert.ok(text.includes(`"aspect": "${aspect}"`), text);
  await check(comparisonSchema(), 0, "diff", BARE, BARE, "-o", "json", "--uncertain");
  await check(comparisonSchema(), 5, "diff", day, join(SAMPLE, "capture.pcapng"), "-o", "json", "--uncertain");
});
