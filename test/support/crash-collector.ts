import type { TestContext } from "node:test";
import { startProgram } from "./processes.ts";
import { until } from "./proxy-harness.ts";
import type { Random } from "./random.ts";
import { MAIN } from "./tapline-main.ts";

const SENDERS = 8;
/** It builds the page where that is older than its sources. */
const START_MILLIS = 240_000;

/** `tapline collector` on free ports, until the test ends at most. @param args more of its command line */
export async function startCollectorProgram(context: TestContext, data: string, args: readonly string[] = []) {
  const free = ["--listen", "--ingest", "--grpc"].flatMap((flag) => [flag, "127.0.0.1:0"]);
  const started = startProgram(process.execPath, [MAIN, "collector", ...free, "--data", data, ...args]);
  context.after(() => started.stop("SIGKILL"));
  await until(
    () => started.output().includes("Keeps") || started.child.exitCode !== null,
    () => `it says where it listens: ${started.output()}`,
    START_MILLIS,
  );
  const [, page, ingest] = /http:\/\/(\S+)\/\n.*http:\/\/([\d.:]+)\//.exec(started.output())!;
  return { ...started, page: page!, ingest: ingest! };
}

/** Sends reports and kills the collector at any time within two seconds; gives the paths of those that were acknowledged. */
export async function crashUnderLoad(
  context: TestContext,
  data: string,
  args: readonly string[],
  {
    random,
    round,
    padding = 0,
    beside,
  }: { random: Random; round: number; padding?: number; beside?: () => Promise<void> },
): Promise<string[]> {
  const collector = await startCollectorProgram(context, data, args);
  const acknowledged: string[] = [];
  let isOver = false;
  let sent = 0;
  const senders = Array.from({ length: SENDERS }, async () => {
    while (!isOver) {
      const path = `/r${round}-${sent++}`;
      const body = JSON.stringify({
        request_id: path.slice(1),
        scnt_request: { method: "GET", path, host: "h", headers: [["x-padding", noise(random, padding)]] },
        scnt_response: { status_code: "200" },
      });
      try {
        const { status } = await fetch(`http://${collector.ingest}/publish`, { method: "POST", body });
        if (status === 200) acknowledged.push(path);
      } catch {
        return;
      }
    }
  });
  await Promise.all([beside?.(), new Promise((resolve) => setTimeout(resolve, random.below(2000)))]);
  await collector.stop("SIGKILL");
  isOver = true;
  await Promise.all(senders);
  return acknowledged;
}

/** Nothing that packs well, so that segments fill up. */
function noise(random: Random, length: number): string {
  let text = "";
  while (text.length < length) text += random.below(2 ** 31).toString(36);
  return text;
}

/** The paths of everything that is stored, in the order of arrival, and how often each is there. */
export async function readStored(
  context: TestContext,
  data: string,
  args: readonly string[] = [],
): Promise<Map<string, number>> {
  const collector = await startCollectorProgram(context, data, args);
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const more = cursor === undefined ? "" : `&cursor=${cursor}`;
    const response = await fetch(`http://${collector.page}/api/v1/exchanges?limit=1000${more}`);
    const answer = (await response.json()) as { items: { target: string }[]; cursor?: string };
    found.push(...answer.items.map(({ target }) => target));
    cursor = answer.cursor;
  } while (cursor !== undefined);
  await collector.stop();
  const counts = new Map<string, number>();
  for (const target of found.reverse()) counts.set(target, (counts.get(target) ?? 0) + 1);
  return counts;
}
