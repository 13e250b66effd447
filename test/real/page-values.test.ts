/** The page: values, times and sources, in a real Chromium. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { exchangeLine } from "../../src/analysis/protocols/index.ts";
import type { Exchange } from "../../src/model/index.ts";
import { buildExchange, type ExchangeParts } from "../support/build-exchange.ts";
import { findChromium, openPage, startBrowser, startCollector } from "../support/collector-page.ts";

const skip = findChromium() === undefined && "no Chromium is installed";

let count = 0;
/** An exchange that began so many seconds ago. */
function made(ago: number, parts: ExchangeParts = {}): Exchange {
  const seconds = Math.floor(Date.now() / 1000) - ago;
  const at = (millis: number) => ({ seconds, nanos: millis * 1e6 });
  const times = { requestStart: at(1), requestEnd: at(2), responseStart: at(40), responseEnd: at(50) };
  return buildExchange({ ...parts, exchange: { id: ++count, times, ...parts.exchange } });
}

const rows = (page: Page) => page.locator(".rows .row");
const filterOf = (page: Page): string => new URLSearchParams(new URL(page.url()).hash.slice(1)).get("filter") ?? "";
const filtered = (page: Page) => page.waitForURL((url) => url.href.includes("filter="));

describe("the page and its values", { skip, timeout: 400_000 }, () => {
  let browser: Browser;
  before(async () => {
    browser = await startBrowser();
  });
  after(() => browser?.close());

  test("sorts by time both ways, and goes along a connection whatever the filter leaves out", async (context) => {
    const collector = await startCollector();
    context.after(collector.stop);
    const connection = { id: 5n };
    await collector.keep(made(30, { target: "/old", connection }), made(20, { target: "/other" }));
    await collector.keep(made(10, { target: "/young", connection }));
    const { page, faults } = await openPage(browser, collector.url);
    await rows(page).nth(2).waitFor();
    const time = page.getByRole("columnheader", { name: /^Time/ });
    assert.equal(await time.getAttribute("aria-sort"), "descending");
    await time.getByRole("button").click();
    await page.waitForURL(/order=oldest/);
    await rows(page).first().getByText("/old").waitFor();
    assert.equal(await time.getAttribute("aria-sort"), "ascending");
    assert.equal(await rows(page).first().getByRole("rowheader").innerText(), "/old");
    await time.getByRole("button").click();
    await rows(page).first().getByText("/young").waitFor();

    await page.goto(`${collector.url}#filter=${encodeURIComponent("request.path == '/young'")}`);
    await page.locator(".filter .clear").waitFor();
    await rows(page).first().click();
    await page.locator(".detail h2", { hasText: "/young" }).waitFor();
    await page.keyboard.press("[");
    await page.locator(".detail h2", { hasText: "/old" }).waitFor();
    await page.keyboard.press("]");
    await page.locator(".detail h2", { hasText: "/young" }).waitFor();
    assert.deepEqual(faults, []);
  });

  test("goes from value to value by the arrows, and filters by the one that it has come to", async (context) => {
    const collector = await startCollector();
    context.after(collector.stop);
    await collector.keep(made(20, { target: "/a", status: 204 }), made(10, { target: "/b" }));
    const { page, faults } = await openPage(browser, collector.url);
    await rows(page).nth(1).waitFor();
    await page.keyboard.press("j");
    await page.locator(".verdict").waitFor();
    await page.locator(".scroller").focus();
    for (let step = 0; step < 2; step++) await page.keyboard.press("ArrowRight");
    assert.equal(await page.locator(".cell.focused").getAttribute("data-column"), "method");
    await page.keyboard.press("ArrowLeft");
    const active = await page.locator(".scroller").getAttribute("aria-activedescendant");
    assert.equal(await page.locator(".cell.focused").getAttribute("id"), active);
    await page.keyboard.press("f");
    await filtered(page);
    assert.match(filterOf(page), /^time >= timestamp\("\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"\)$/);
    await rows(page).nth(1).waitFor({ state: "detached" });
    assert.match(await rows(page).first().innerText(), /\/b/);
    assert.deepEqual(faults, []);
  });

  test("asks for a mark, a parameter, and what a search in JSON finds, and says what a header means on focus", async (context) => {
    const collector = await startCollector();
    context.after(collector.stop);
    const items = Array.from({ length: 400 }, (_, index) => ({ name: `item ${index}`, inner: { deep: index } }));
    const json = { "content-type": "application/json" };
    await collector.keep(
      made(20, {
        target: "/a?x=1&y=b%20c",
        requestHeaders: { authorization: "Bearer redacted-bearer-1a2b3c4d", "x-key": "redacted-x-key-12345678" },
      }),
      made(15, { target: "/b?x=11", requestHeaders: { authorization: "Bearer redacted-bearer-99999999" } }),
      made(10, { target: "/c", responseHeaders: json, responseBody: JSON.stringify({ items }) }),
    );
    const { page, faults } = await openPage(browser, collector.url);
    await rows(page).filter({ hasText: "/a?x" }).click();
    await page.getByRole("tab", { name: "Request" }).click();
    const note = page.locator("abbr", { hasText: "authorization" });
    await note.focus();
    const said = await note.evaluate(
      (element) =>
        (
          globalThis as unknown as { getComputedStyle(of: unknown, part: string): { content: string } }
        ).getComputedStyle(element, "::after").content,
    );
    assert.match(said, /credentials of the client \(RFC 9110/);
    await page.getByRole("button", { name: "‹redacted:x-key:12345678›" }).waitFor();
    await page.getByRole("button", { name: "‹redacted:bearer:1a2b3c4d›" }).click();
    await filtered(page);
    assert.equal(filterOf(page), 'request.headers["authorization"].contains("redacted-bearer-1a2b3c4d")');
    await rows(page).nth(1).waitFor({ state: "detached" });
    await page.goBack();
    await rows(page).nth(2).waitFor();
    await page.locator("table", { hasText: "Query" }).getByRole("button", { name: "Filter by x" }).click();
    await filtered(page);
    await rows(page).nth(1).waitFor({ state: "detached" });
    assert.match(await rows(page).first().innerText(), /\/a\?x=1/);
    await page.getByRole("button", { name: "Clear the filter" }).click();

    await rows(page).filter({ hasText: "/c" }).click();
    await page.getByRole("tab", { name: "Response" }).click();
    await page.locator(".json input").fill("item 39");
    await page.getByText("1 of 11").waitFor();
    await page.locator(".json .found", { hasText: "item 39" }).waitFor();
    for (let step = 0; step < 10; step++) await page.keyboard.press("Enter");
    await page.locator(".json .found", { hasText: "item 399" }).waitFor();
    assert.deepEqual(faults, []);
  });

  test("keeps the filters of before apart from those that have a name", async (context) => {
    const collector = await startCollector();
    context.after(collector.stop);
    await collector.keep(made(10));
    const { page, faults } = await openPage(browser, collector.url);
    await rows(page).first().waitFor();
    const editor = page.locator(".editor .cm-content");
    const enter = async (text: string): Promise<void> => {
      await page.keyboard.press("/");
      await page.keyboard.press("ControlOrMeta+a");
      await page.keyboard.type(text);
      await page.keyboard.press("Enter");
      await page.waitForURL((url) => new URLSearchParams(url.hash.slice(1)).get("filter") === text);
      // The first may close values that are offered.
      for (let time = 0; time < 2; time++) await page.keyboard.press("Escape");
    };
    await enter("response.code < 500");
    await page.getByRole("button", { name: "Saved filters" }).click();
    await page.getByLabel(/^Save .* as/).fill("mine");
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.keyboard.press("Escape");
    await enter("response.code < 600");
    await page.getByRole("button", { name: "Clear the filter" }).click();
    await page.keyboard.press("/");
    await page.keyboard.press("ArrowUp");
    assert.equal(await editor.innerText(), "response.code < 600");
    await page.keyboard.press("ArrowUp");
    assert.equal(await editor.innerText(), "response.code < 500");
    await page.keyboard.press("ArrowDown");
    assert.equal(await editor.innerText(), "response.code < 600");
    await page.reload();
    await page.getByRole("button", { name: "Saved filters" }).click();
    await page.getByRole("button", { name: "mine", exact: true }).waitFor();
    assert.deepEqual(faults, []);
  });

  test("goes back from a file to the collector, and says of one that is not in this page", async (context) => {
    const collector = await startCollector();
    context.after(collector.stop);
    await collector.keep(made(10, { target: "/stored" }));
    const { page, faults } = await openPage(browser, collector.url);
    await rows(page).first().waitFor();
    const chooser = page.waitForEvent("filechooser");
    await page.getByRole("button", { name: "Open…" }).click();
    const buffer = Buffer.from(exchangeLine(made(10, { target: "/from-file" })) ?? "");
    await (await chooser).setFiles({ name: "own.ndjson", mimeType: "", buffer });
    await rows(page).filter({ hasText: "/from-file" }).waitFor();
    assert.match(page.url(), /file=own\.ndjson/);
    await page.goBack();
    await rows(page).filter({ hasText: "/stored" }).waitFor();
    await page.locator(".source select").selectOption("own.ndjson");
    await rows(page).filter({ hasText: "/from-file" }).waitFor();
    await page.getByText("in this page only").waitFor();
    const again = await openPage(browser, page.url());
    await again.page.getByText("own.ndjson was read in another page, and is not in this one.").waitFor();
    assert.deepEqual([...faults, ...again.faults], []);
  });

  test("says what it listens on where nothing has come, and which attempt comes next where it has gone", async (context) => {
    const collector = await startCollector();
    let isStopped = false;
    context.after(() => (isStopped ? undefined : collector.stop()));
    collector.collector.listeners.push({ kind: "ingest", url: "http://127.0.0.1:19000" });
    const { page } = await openPage(browser, collector.url);
    await page.getByText("curl -d @report.json http://127.0.0.1:19000/publish").waitFor();
    await collector.stop();
    isStopped = true;
    await page.getByText(/The collector cannot be reached: what is shown stays\. Attempt \d+ in \d+ s\./).waitFor();
    await page.getByRole("button", { name: "○ Not reached", exact: true }).waitFor();
  });
});
