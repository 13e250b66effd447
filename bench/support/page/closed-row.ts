import { setTimeout as delay } from "node:timers/promises";
import type { Browser } from "playwright-core";
import type { CollectorProcess } from "../collector/collector-process.ts";
import { readRunNanos } from "../process-usage.ts";
import { openTab } from "./browser-page.ts";
import { tell } from "./budget-row.ts";

const TABS = 8;
const SECONDS = 10;
/** Milliseconds of CPU in so long that an idle process has by itself, more or less. */
const NOISE_MILLIS = 20;

/** CPU of an idle collector before it has had tabs, and after they were closed. */
export async function measureClosedTabs(browser: Browser, collector: CollectorProcess): Promise<void> {
  const url = `http://127.0.0.1:${collector.page}/`;
  // The first one warms the collector up.
  await (await openTab(browser, url)).context().close();
  await delay(3000);
  const before = await cpuMillis(collector.pid);
  const pages = [];
  for (let tab = 0; tab < TABS; tab++) pages.push(await openTab(browser, url));
  const open = await cpuMillis(collector.pid);
  for (const page of pages) await page.context().close();
  await delay(3000);
  const after = await cpuMillis(collector.pid);
  const measured = `${before.toFixed(0)} ms CPU in ${SECONDS} s before, ${open.toFixed(0)} with ${TABS} tabs, ${after.toFixed(0)} after they were closed`;
  tell("closed tabs", `as before, ± ${NOISE_MILLIS}`, measured, after - before <= NOISE_MILLIS);
}

async function cpuMillis(pid: number): Promise<number> {
  const before = readRunNanos(pid);
  await delay(SECONDS * 1000);
  return (readRunNanos(pid) - before) / 1e6;
}
