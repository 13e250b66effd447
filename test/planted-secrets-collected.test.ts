/**
 * The planted secrets, sent without redaction to whatever receives: a collector keeps, answers, logs and passes on none of them, and the
 * receivers print and write none. `SEED` draws others.
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { leaksOf } from "./support/planted/leaks.ts";
import { capturePlanted, plantHttpSecrets } from "./support/planted/write-planted.ts";
import { findFreePorts, startProgram, waitForPort } from "./support/processes.ts";
import { runProgram } from "./support/run-program.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";
import { startTraceBackend } from "./support/trace-backend.ts";

const MAIN = join(import.meta.dirname, "../src/cli/main.ts");
const SEED = Number(process.env["SEED"] ?? 0) || 20_261_129;

test("nothing that receives shows a planted secret", { timeout: 600_000 }, async (context) => {
  const folder = makeTemporaryFolder();
  context.after(folder.remove);
  const planted = plantHttpSecrets(SEED);
  const capture = join(folder.path, "planted.pcap");
  writeFileSync(capture, capturePlanted(planted));
  const backend = await startTraceBackend();
  context.after(() => backend.close());
  const [page, ingest, grpc, receiving] = (await findFreePorts(4)) as [number, number, number, number];
  const at = (port: number) => `127.0.0.1:${port}`;
  const data = join(folder.path, "data");
  const written = join(folder.path, "received.har");
  const start = (...args: string[]) => {
    const started = startProgram(process.execPath, [MAIN, ...args]);
    context.after(() => started.stop("SIGKILL"));
    return started;
  };
  const collector = start(
    ...["collector", "--listen", at(page), "--ingest", at(ingest), "--grpc", at(grpc), "--data", data],
    ...["--publish", `http://${at(backend.port)}`, "--publish-format", "apiclarity"],
  );
  const receiver = start("receive-traces", "--listen", at(receiving), "-vv", "-w", written);
  for (const port of [page, ingest, grpc, receiving]) await waitForPort(port, 240);

  const send = async (...flags: string[]) => {
    const args = [MAIN, "read", "--no-redact", "-q", capture, ...flags];
    const { code, stderr } = await runProgram(process.execPath, args, { timeoutMillis: 300_000 });
    assert.equal(code, 0, stderr);
  };
  const report = (port: number) => ["--publish", `http://${at(port)}`, "--publish-unredacted"];
  await send(...report(backend.port));
  const sent = backend.posted.map(({ path, body }) => path + String(body)).join("\n");
  assert.ok(leaksOf(planted, sent).length > planted.length * 0.7, "there is something to find");
  const before = backend.posted.length;
  await send(...report(receiving));
  await send(...report(ingest));
  await send("--send", `grpc://${at(grpc)}`);

  const get = async (path: string) => (await fetch(`http://${at(page)}${path}`)).text();
  const list = async () => JSON.parse(await get("/api/v1/exchanges?limit=1000")) as { items: { id: string }[] };
  let { items } = await list();
  for (; items.length <= planted.length; { items } = await list()) await new Promise((done) => setTimeout(done, 200));
  const details: string[] = [];
  for (const { id } of items) details.push(await get(`/api/v1/exchanges/${id}`));
  const pages = await Promise.all(
    "services sources ledger attributes".split(" ").map((name) => get(`/api/v1/${name}`)),
  );
  await receiver.stop();
  await collector.stop();

  const outputs: Record<string, string> = {
    listed: JSON.stringify(items),
    details: details.join("\n"),
    pages: [...pages, collector.output()].join("\n"),
    forwarded: backend.posted
      .slice(before)
      .map(({ path, body }) => path + String(body))
      .join("\n"),
    printed: receiver.output(),
    written: readFileSync(written, "latin1"),
    kept: readdirSync(data, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => readFileSync(join(parentPath, name), "latin1"))
      .join("\n"),
  };
  for (const [name, text] of Object.entries(outputs)) {
    assert.ok(text.length > 1000, `${name}: ${text.length}`);
    assert.deepEqual(leaksOf(planted, text), [], `${name}, seed ${SEED}`);
  }
});
