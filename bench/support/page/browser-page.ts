import type { Browser, Page } from "playwright-core";
import { PROBE } from "./page-probe.ts";

/** A new tab, of a browser that knows nothing yet, with the probe in it. */
export async function openTab(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  await page.addInitScript({ content: PROBE });
  await page.goto(url);
  await page.locator(".rows").waitFor({ state: "attached" });
  return page;
}

/** An answer of the probe. */
export function ask<Answer>(page: Page, question: string): Promise<Answer> {
  return page.evaluate(`probe.${question}`) as Promise<Answer>;
}
