import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { buildExchange } from "../../../test/support/build-exchange.ts";
import { makeTemporaryFolder } from "../../../test/support/temporary-folder.ts";
import { createNodeRedactor } from "../../analysis/redaction/node-redactor.ts";
import { Ledger, MemoryBudget } from "../../model/index.ts";
import { Collector } from "../server/collector.ts";
import { RawKeeper } from "./raw-keeper.ts";
import { SqliteStore } from "./sqlite-store.ts";

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const SECRET = "s3cr3t-kX92mQ7vLp41";
const VIEWER = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

test("what came is given as it came to administrators alone, and told of", async (context) => {
  const folder = makeTemporaryFolder();
  context.after(folder.remove);
  const [ledger, budget, data] = [new Ledger(), new MemoryBudget(64 * 1024 * 1024), folder.path];
  const store = await SqliteStore.open({ folder: data, keepMillis: 1e12, maxBytes: 1e12 });
  const raw = await RawKeeper.open({ data, keepMillis: 1e12, maxBytes: 1e12, ledger, budget, logger: SILENT });
  const collector = new Collector({
    store,
    raw,
    ledger,
    budget,
    logger: SILENT,
    redactor: createNodeRedactor(),
    listen: { kind: "ip", address: "127.0.0.1", port: 0 },
    access: { token: "secret", tokens: { text: `viewer ${VIEWER}`, file: "tokens" } },
    page: folder.path,
    data,
  });
  const { port } = await collector.start();
  context.after(() => collector.stop());
  const pipeline = collector.createPipeline();
  for (const [index, target] of ["/one", "/two"].entries())
    pipeline.exchange(
      buildExchange({ target, requestHeaders: { authorization: `Bearer ${SECRET}` }, exchange: { index } }),
    );
  await collector.intake.settled();
  await raw.sink.flush();

  const ask = async (path: string, token: string) => {
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/exchanges/1/bytes?${path}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    return [response.status, await response.text()] as const;
  };
  assert.doesNotMatch((await ask("format=ndjson", "secret"))[1], new RegExp(SECRET));
  const [status, text] = await ask("format=ndjson&raw=true", "secret");
  assert.deepEqual([status, text.includes(SECRET), text.includes('"/one"')], [200, true, true]);
  assert.match((await ask("format=pcapng&raw=true", "secret"))[1], new RegExp(`Bearer ${SECRET}`));
  assert.equal((await ask("format=ndjson&raw=true", "test"))[0], 403);
  const files = readdirSync(join(data, "raw"));
  assert.ok(files.length > 0);
  for (const file of files) assert.equal(statSync(join(data, "raw", file)).mode & 0o777, 0o600, file);
  assert.match(readFileSync(join(data, "audit.ndjson"), "utf8"), /"action":"copy-raw","id":1/);
  assert.equal(ledger.book("kept-raw").handled, 2);
});
