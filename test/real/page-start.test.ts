/** The start of the page: its first scripts, and those that come behind the first paint. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser } from "playwright-core";
import { buildExchange } from "../support/build-exchange.ts";
import { findChromium, openPage, startBrowser, startCollector } from "../support/collector-page.ts";
import { scriptsBeforeEditors } from "../support/page-scripts.ts";

const skip = findChromium() === undefined && "no Chromium is installed";

describe("the page as it starts", { skip, timeout: 400_000 }, () => {
  let browser: Browser;
  before(async () => {
    browser = await startBrowser();
  });
  after(() => browser?.close());

  test("has less than 200 KB of script before editors, and neither an editor nor the filter language in it", () => {
    const { compressed, text } = scriptsBeforeEditors();
    assert.ok(compressed < 200_000, `${compressed} bytes compressed`);
    assert.ok(!text.includes("cm-tooltip"), "the editor");
    assert.ok(!text.includes("response.grpc_status"), "the filter language");
  });

  test("gets its files compressed where it takes that, and as they are where not", async (context) => {
    const collector = await startCollector();
    context.after(collector.stop);
    const sizeOf = async (encoding: string) => {
      const answer = await fetch(`${collector.url}main.js`, { headers: { "accept-encoding": encoding } });
      assert.equal(answer.headers.get("vary"), "accept-encoding");
      return [answer.headers.get("content-encoding"), Number(answer.headers.get("content-length"))] as const;
    };
    const [[gzip, small], [none, large], [refused]] = [
      await sizeOf("br, gzip"),
      await sizeOf("identity"),
      await sizeOf("gzip;q=0"),
    ];
    assert.deepEqual([gzip, none, refused], ["gzip", null, null]);
    assert.ok(small < large / 2, `${small} of ${large} bytes`);
  });

  test("takes a filter before its editor is there, which goes on with what was typed", async (context) => {
    const collector = await startCollector();
    context.after(collector.stop);
    const seconds = Math.floor(Date.now() / 1000);
    const times = { requestStart: { seconds, nanos: 0 }, responseEnd: { seconds, nanos: 9e6 } };
    await collector.keep(
      buildExchange({ target: "/good", exchange: { id: 1, times } }),
      buildExchange({ target: "/bad", status: 500, exchange: { id: 2, times } }),
    );
    const { page, faults } = await openPage(browser, "about:blank");
    const first = new Set(scriptsBeforeEditors().names);
    let release = (): void => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route(/\.js$/, async (route) => {
      if (!first.has(new URL(route.request().url()).pathname.slice(1))) await released;
      await route.continue();
    });
    await page.goto(collector.url);
    await page.locator(".rows .row").nth(1).waitFor();
    await page.keyboard.press("/");
    await page.locator(".filter .plain:focus").waitFor();
    await page.keyboard.type("5xx");
    await page.keyboard.press("Enter");
    await page.waitForURL(/filter=5xx/);
    await page.locator(".rows .row").nth(1).waitFor({ state: "detached" });
    await page.keyboard.type(" && GET");
    release();
    const content = page.locator(".editor .cm-content");
    await content.waitFor();
    await page.locator(".filter .plain").waitFor({ state: "detached" });
    assert.equal(await content.innerText(), "5xx && GET");
    await page.keyboard.press("End");
    await page.keyboard.type(" /bad");
    await page.keyboard.press("Enter");
    await page.waitForURL(/filter=5xx.*bad/);
    await page.locator(".rows .row", { hasText: "/bad" }).waitFor();
    assert.deepEqual(
      faults.filter((fault) => !/^asks for/.test(fault)),
      [],
    );
  });
});
