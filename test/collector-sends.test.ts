/** Commands that hand on what they see to a collector (`--send`), as programs. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { exchangeLine } from "../src/analysis/protocols/index.ts";
import { GrpcServer } from "../src/collector/grpc/grpc-server.ts";
import { buildExchange } from "./support/build-exchange.ts";
import { startCollector } from "./support/collector-page.ts";
import { findFreePorts, startProgram, waitForPort } from "./support/processes.ts";
import { until } from "./support/proxy-harness.ts";
import { runProgram } from "./support/run-program.ts";
import { MAIN } from "./support/tapline-main.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const WORDS = "one two three ".repeat(200);
const PACKET =
  "0233456789ab0123456789ab0800450000280001000040066abc0102030405060708005001bb0000000000000000500220007dc40000";
const DROP = `01850a00efbeadde3600000036000000640000000200000014000000${"00".repeat(4)}${PACKET}`;

test("read waits for a collector that is slow, and says what a missing one did not get", {
  timeout: 400_000,
}, async (context) => {
  const { ledger, url } = await startReceiving(context);
  const folder = makeTemporaryFolder();
  context.after(folder.remove);
  // Three times as much as the sender may keep.
  const exchanges = Array.from({ length: 1500 }, (_, id) => buildExchange({ target: `/${id}`, responseBody: WORDS }));
  const path = join(folder.path, "many.ndjson");
  writeFileSync(path, exchanges.map(exchangeLine).join(""));

  const read = await runProgram(process.execPath, [MAIN, "read", path, "--memory", "8", "--send", url]);
  assert.equal(read.code, 0, read.stderr);
  assert.match(read.stderr, /^nothing lost: .*\b1500 sent\b/m);
  assert.equal(ledger.book("stored").handled, 1500);

  const [port] = await findFreePorts(1);
  const alone = await runProgram(process.execPath, [
    MAIN,
    "read",
    path,
    "-c",
    "2",
    "--send",
    `grpc://127.0.0.1:${port}`,
  ]);
  assert.equal(alone.code, 1, alone.stderr);
  assert.match(alone.stderr, /^tapline: 2 that were to be sent to grpc:\S+ are lost; is the collector there/m);
  assert.match(alone.stderr, /^sent: 2 in = 0 handled \+ 2 dropped \(not-acknowledged 2\)$/m);
});

test("monitor hands on flows, and receive-traces what is reported to it", { timeout: 400_000 }, async (context) => {
  const { store, ledger, url } = await startReceiving(context);
  const spool = makeTemporaryFolder();
  context.after(spool.remove);

  const args = [MAIN, "monitor", "--input", "-", "--send", url, "--spool", spool.path];
  const monitor = await runProgram(process.execPath, args, { input: `1 ${DROP}\n2 ${DROP}\n`, timeoutMillis: 60_000 });
  assert.deepEqual([monitor.code, monitor.stdout], [0, ""], monitor.stderr);
  assert.match(monitor.stderr, /^nothing lost: .*\b2 sent\b/m);
  const flows = await store.flows({ limit: 10 });
  assert.deepEqual(
    flows.map(({ kind }) => kind),
    ["drop", "drop"],
  );
  const compat = await runProgram(process.execPath, [MAIN, "monitor", "--compat", "--send", url]);
  assert.equal(compat.code, 2);
  assert.match(compat.stderr, /leave out --send/);

  const [port] = (await findFreePorts(1)) as [number];
  const receiver = startProgram(process.execPath, [
    MAIN,
    "receive-traces",
    "--listen",
    `127.0.0.1:${port}`,
    "--send",
    url,
  ]);
  context.after(() => receiver.stop());
  await waitForPort(port, 240);
  const body = JSON.stringify({
    scnt_request: { method: "GET", path: "/on", host: "h", headers: [["authorization", "Bearer s3cr3t-s3cr3t-0"]] },
    scnt_response: { status_code: "200" },
  });
  assert.equal((await fetch(`http://127.0.0.1:${port}/publish`, { method: "POST", body })).status, 200);
  await until(() => ledger.book("stored").handled === 1, "the collector has it");
  assert.equal(await receiver.stop(), 0);
  const stored = await store.find(1);
  assert.equal(stored?.item.target, "/on");
  assert.doesNotMatch(stored!.document, /s3cr3t/);
});

async function startReceiving(context: TestContext) {
  const running = await startCollector();
  context.after(running.stop);
  const { collector, store, ledger } = running;
  const listen = { kind: "ip", address: "127.0.0.1", port: 0 } as const;
  const grpc = new GrpcServer({ collector, store, ledger, listen, token: undefined });
  const url = `grpc://127.0.0.1:${(await grpc.start()).port}`;
  context.after(() => grpc.stop());
  return { store, ledger, url };
}
