import type { Browser } from "playwright-core";
import { ask, openTab } from "./browser-page.ts";
import { tellTimes } from "./budget-row.ts";

/** By attributes that stand in columns, and by what has to be looked for in documents. */
const FILTERS: readonly (readonly [name: string, wanted: number, filters: readonly string[]])[] = [
  [
    "indexed",
    150,
    ["response.code == 503", "service.name == 'shop7.example.com' && 5xx", "response.code == 418", "error"],
  ],
  ["in columns", 500, ["duration > duration('900ms')", "request.path.contains('/77')"]],
  ["in documents", 500, ["request.headers['x-request-id'].endsWith('77')", "response.headers['server'] == 'envoy'"]],
];
const ROUNDS = 3;
const DETAILS = 40;

/** From another filter to its first rows, of all that is stored. */
export async function measureFilters(browser: Browser, url: string): Promise<void> {
  const page = await openTab(browser, url);
  await ask(page, "opened()");
  for (const [name, wanted, filters] of FILTERS) {
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round++)
      for (const filter of filters) {
        const hash = new URLSearchParams({ filter, range: "all" });
        times.push(await ask<number>(page, `filtered(${JSON.stringify(String(hash))})`));
        await page.waitForTimeout(500);
      }
    tellTimes(`filter to first rows, ${name}`, wanted, times);
  }
  await page.context().close();
}

/** From a key to what an exchange is like. */
export async function measureDetails(browser: Browser, url: string): Promise<void> {
  const page = await openTab(browser, url);
  await ask(page, "opened()");
  const times: number[] = [];
  for (let round = 0; round < DETAILS; round++) {
    times.push(await ask<number>(page, "detailed()"));
    await page.waitForTimeout(100);
  }
  tellTimes("detail", 50, times);
  await page.context().close();
}
