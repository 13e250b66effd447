/** `tapline collector` killed at any time: what it acknowledged is there, once. More rounds: CRASHES=50. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { startProgram } from "./support/processes.ts";
import { until } from "./support/proxy-harness.ts";
import { Random } from "./support/random.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const MAIN = join(import.meta.dirname, "../src/cli/main.ts");
const ROUNDS = Number(process.env["CRASHES"] ?? 3);
const SENDERS = 8;

async function startCollector(data: string) {
  const args = [
    "collector",
    "--listen",
    "127.0.0.1:0",
    "--ingest",
    "127.0.0.1:0",
    "--grpc",
    "127.0.0.1:0",
    "--data",
    data,
    "--max-bytes",
    "1G",
  ];
  const started = startProgram(process.execPath, [MAIN, ...args]);
  await until(() => started.output().includes("Keeps"), "it says where it listens");
  const [, page, ingest] = /http:\/\/(\S+)\/\n.*http:\/\/([\d.:]+)\//.exec(started.output())!;
  return { ...started, page: page!, ingest: ingest! };
}

test(`what was acknowledged is there, once, after ${ROUNDS} crashes`, {
  timeout: 120_000 + ROUNDS * 30_000,
}, async (context) => {
  const folder = makeTemporaryFolder();
  context.after(folder.remove);
  const random = new Random();
  const acknowledged: string[] = [];
  let sent = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const collector = await startCollector(folder.path);
    let isOver = false;
    const senders = Array.from({ length: SENDERS }, async () => {
      while (!isOver) {
        const id = `r${round}-${sent++}`;
        const body = JSON.stringify({
          request_id: id,
          scnt_request: { method: "GET", path: `/${id}`, host: "h" },
          scnt_response: { status_code: "200" },
        });
        try {
          const { status } = await fetch(`http://${collector.ingest}/publish`, { method: "POST", body });
          if (status === 200) acknowledged.push(id);
        } catch {
          return;
        }
      }
    });
    await new Promise((resolve) => setTimeout(resolve, random.below(2000)));
    await collector.stop("SIGKILL");
    isOver = true;
    await Promise.all(senders);
  }
  const collector = await startCollector(folder.path);
  const found = new Map<string, number>();
  let cursor: string | undefined;
  do {
    const answer = (await (
      await fetch(
        `http://${collector.page}/api/v1/exchanges?limit=1000${cursor === undefined ? "" : `&cursor=${cursor}`}`,
      )
    ).json()) as { items: { target: string }[]; cursor?: string };
    for (const { target } of answer.items) found.set(target.slice(1), (found.get(target.slice(1)) ?? 0) + 1);
    cursor = answer.cursor;
  } while (cursor !== undefined);
  await collector.stop();
  const missing = acknowledged.filter((id) => found.get(id) !== 1);
  assert.deepEqual(missing, [], `of ${acknowledged.length} (seed ${random.seed})`);
  assert.ok(acknowledged.length > 0);
});
