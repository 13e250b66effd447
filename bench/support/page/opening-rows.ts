import type { Browser } from "playwright-core";
import { scriptsBeforeEditors } from "../../../test/support/page-scripts.ts";
import { ask, openTab } from "./browser-page.ts";
import { tell, tellTimes } from "./budget-row.ts";
import type { Opened } from "./page-probe.ts";

const TIMES = 9;
const KILOBYTE = 1000;

/** How soon the page is there, each time in a browser that knows nothing yet. */
export async function measureOpening(browser: Browser, url: string): Promise<void> {
  const opened: Opened[] = [];
  for (let round = 0; round < TIMES; round++) {
    const page = await openTab(browser, url);
    opened.push(await ask<Opened>(page, "opened()"));
    await page.context().close();
  }
  tellTimes(
    "first paint",
    1000,
    opened.map(({ paint }) => paint),
  );
  tellTimes(
    "interactive: rows and the filter's editor",
    1500,
    opened.map(({ rows, editor }) => Math.max(rows, editor)),
  );
}

/** By the built files: what the browser has to have before anything is shown. */
export function measureScripts(): void {
  const { compressed } = scriptsBeforeEditors();
  const kilobytes = compressed / KILOBYTE;
  tell("script before editors, compressed", "< 200 KB", `${kilobytes.toFixed(0)} KB`, kilobytes < 200);
}
