import { spawn } from "node:child_process";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Browser, Page } from "playwright-core";
import type { CollectorProcess } from "../collector/collector-process.ts";
import { ask, openTab } from "./browser-page.ts";
import { tell } from "./budget-row.ts";

const RATE = 3000;
/** Before anything is measured, and while it is. */
const [WARM_SECONDS, SECONDS] = [10, 60];
/** Memory may differ by so much from one collection to the next. */
const LEVEL_MEBIBYTES = 8;

/** A minute of what comes, followed. */
export async function measureLive(browser: Browser, { page: port, grpc }: CollectorProcess): Promise<void> {
  const page = await openTab(browser, `http://127.0.0.1:${port}/`);
  const sender = startSender(grpc);
  await ask(page, "opened()");
  await delay(WARM_SECONDS * 1000);
  const before = await heapOf(page);
  const began = (await page.evaluate("performance.now()")) as number;
  await delay(SECONDS * 1000);
  const tasks = await longTasksSince(page, began);
  const after = await heapOf(page);
  const sent = await sender.ended;
  await page.locator(".rows .row").first().waitFor();
  const worst = Math.max(0, ...tasks);
  const length = Number(await page.locator(".scroller").getAttribute("aria-rowcount")) - 1;
  tell(
    `${RATE} new rows a second: long tasks a minute`,
    "≤ 1",
    `${tasks.length} (the longest ${worst.toFixed(0)} ms; ${sent} rows)`,
    tasks.length <= 1,
  );
  const memory = `${before.toFixed(0)} MiB after ${WARM_SECONDS} s, ${after.toFixed(0)} a minute later`;
  tell("the same: memory level", `within ${LEVEL_MEBIBYTES} MiB`, memory, after - before <= LEVEL_MEBIBYTES);
  tell("the same: rows that are known", "≤ 20 000", `${length}`, length <= 20_000);
  await page.context().close();
}

/** In a process of its own: gives how many were acknowledged. */
function startSender(port: number): { readonly ended: Promise<number> } {
  const program = join(import.meta.dirname, "live-sender.ts");
  const seconds = WARM_SECONDS + SECONDS + 2;
  const child = spawn(process.execPath, [program, String(port), String(RATE), String(seconds)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  return { ended: new Promise((resolve) => child.once("close", () => resolve(Number(output)))) };
}

async function longTasksSince(page: Page, began: number): Promise<number[]> {
  const tasks = (await page.evaluate("probe.seen.longTasks")) as readonly { startTime: number; duration: number }[];
  return tasks.filter(({ startTime }) => startTime >= began).map(({ duration }) => duration);
}

/** MiB that are alive. */
async function heapOf(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  await session.detach();
  return usedSize / 1024 ** 2;
}
