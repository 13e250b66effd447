/**
 * The page's budgets, in a Chromium, beside a collector in a process of its own: with a million exchanges (the store of `collector-store`,
 * which is filled once, for minutes), and with 3 000 new ones a second for a minute. `PART=opening,scripts,filter,detail,scroll,live,closed`
 * chooses. Each row says at what load of the machine it was measured.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { findChromium, startBrowser } from "../test/support/collector-page.ts";
import { type CollectorProcess, startCollectorProcess } from "./support/collector/collector-process.ts";
import { filledStoreFolder, openFilledStore } from "./support/filled-store.ts";
import { measureDetails, measureFilters } from "./support/page/asking-rows.ts";
import { measureClosedTabs } from "./support/page/closed-row.ts";
import { measureLive } from "./support/page/live-row.ts";
import { measureOpening, measureScripts } from "./support/page/opening-rows.ts";
import { measureScroll } from "./support/page/scroll-row.ts";

const EXCHANGES = Number(process.env["ROWS"] ?? 1_000_000);
const parts = process.env["PART"]?.split(",");
const wants = (part: string): boolean => parts === undefined || parts.includes(part);

if (findChromium() === undefined) console.log("missing: Chromium (apt-get install chromium)");
else if (process.platform !== "linux") console.log("skipped: CPU times are read from /proc");
else await measure();

async function measure(): Promise<void> {
  const browser = await startBrowser();
  console.log(`Chromium ${browser.version()}, ${cpus().length} processors`);
  try {
    if (wants("scripts")) measureScripts();
    await withStored(async ({ page }) => {
      const all = `http://127.0.0.1:${page}/#range=all`;
      if (wants("opening")) await measureOpening(browser, all);
      if (wants("filter")) await measureFilters(browser, all);
      if (wants("detail")) await measureDetails(browser, all);
      if (wants("scroll")) await measureScroll(browser, all);
    });
    await withEmpty(async (collector) => {
      if (wants("live")) await measureLive(browser, collector);
      if (wants("closed")) await measureClosedTabs(browser, collector);
    });
  } finally {
    await browser.close();
  }
}

async function withStored(use: (collector: CollectorProcess) => Promise<void>): Promise<void> {
  if (!["opening", "filter", "detail", "scroll"].some(wants)) return;
  await (await openFilledStore(EXCHANGES)).close();
  const flags = ["--keep", "36500d", "--max-bytes", "64G"];
  const collector = await startCollectorProcess(filledStoreFolder(EXCHANGES), { flags });
  try {
    await use(collector);
  } finally {
    await collector.stop();
  }
}

async function withEmpty(use: (collector: CollectorProcess) => Promise<void>): Promise<void> {
  if (!["live", "closed"].some(wants)) return;
  const folder = mkdtempSync(join(tmpdir(), "tapline-bench-"));
  const collector = await startCollectorProcess(folder);
  try {
    await use(collector);
  } finally {
    await collector.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
  }
}
