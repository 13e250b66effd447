/** The page of the collector, in a real Chromium. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import AxeBuilder from "@axe-core/playwright";
import { create, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import type { Browser, Page } from "playwright-core";
import type { Exchange } from "../../src/model/index.ts";
import { file_tapline_v1_send, SendRequestSchema } from "../../src/wire/send/gen/tapline/v1/send_pb.js";
import { buildExchange, type ExchangeParts } from "../support/build-exchange.ts";
import { findChromium, openPage, startBrowser, startCollector } from "../support/collector-page.ts";

const skip = findChromium() === undefined && "no Chromium is installed";

let count = 0;
/** An exchange of now. */
function now(parts: ExchangeParts = {}): Exchange {
  const seconds = Math.floor(Date.now() / 1000);
  const at = (millis: number) => ({ seconds, nanos: millis * 1e6 });
  return buildExchange({
    ...parts,
    exchange: {
      id: ++count,
      times: { requestStart: at(1), requestEnd: at(2), responseStart: at(40), responseEnd: at(50) },
      ...parts.exchange,
    },
  });
}

/** Types of the browser, which are not those of Node. */
interface BrowserGlobals {
  readonly DataTransfer: new () => { readonly items: { add(file: unknown): void } };
  readonly File: new (parts: readonly string[], name: string) => unknown;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let round = 0; round < 2400; round++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail("it has not come to this within two minutes");
}

const rowsOf = (page: Page) => page.locator(".rows .row");

describe("the page", { skip, timeout: 800_000 }, () => {
  let browser: Browser;
  before(async () => {
    browser = await startBrowser();
  });
  after(() => browser?.close());

  test("shows what comes, narrows it down, and says all of one; axe finds nothing", async (context) => {
    const collector = await startCollector();
    context.after(collector.stop);
    await collector.keep(
      now({
        target: "/cart",
        responseHeaders: { "content-type": "application/json" },
        responseBody: '{"items":[1,{"a":"b"}]}',
      }),
      now({
        target: "/pay/17?x=1",
        status: 503,
        requestHeaders: { "x-user": "bob", authorization: "redacted-bearer-1a2b3c4d" },
      }),
    );
    const { page, faults } = await openPage(browser, collector.url);
    await rowsOf(page).nth(1).waitFor();
    assert.match(await rowsOf(page).first().innerText(), /\/pay\/17\?x=1[\s\S]*503 error/);
    await collector.keep(now({ target: "/live" }));
    await page.getByText("/live").first().waitFor();

    // All of them took 49 ms.
    await page.locator(".figures .p99", { hasText: /^p99 49\.\d ms$/ }).waitFor();
    await page.locator(".facets button", { hasText: "503" }).first().click();
    await until(async () => (await rowsOf(page).count()) === 1);
    assert.match(page.url(), /filter=response.code/);
    await page.locator(".figures .p99[title^='of 1 requests']").waitFor();
    await rowsOf(page).first().click();
    await page.locator(".verdict").waitFor();
    assert.match(await page.locator(".verdict").innerText(), /It failed with 503; it took 49.0 ms/);
    await page.getByRole("tab", { name: "Request" }).click();
    await page.getByText("x-user").waitFor();
    await page.getByRole("button", { name: "Filter by x-user" }).click();
    await page.waitForURL(/x-user/);
    // Styles that axe itself adds to the page is refused by its policy, and told.
    const before = [...faults];
    const axe = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa"]).analyze();
    assert.deepEqual(
      axe.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`),
      [],
    );
    await page.goBack();
    await page.waitForURL((url) => !url.href.includes("x-user"));

    // A link opens the same.
    const again = await openPage(browser, page.url());
    await again.page.locator(".verdict, .panel table").first().waitFor();
    assert.deepEqual([...before, ...again.faults], []);
  });

  test("says what is wrong with a filter under its place, and completes names", async (context) => {
    const collector = await startCollector();
    context.after(collector.stop);
    await collector.keep(now());
    const { page, faults } = await openPage(browser, collector.url);
    await rowsOf(page).first().waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("response.cod");
    await page.locator(".editor .cm-tooltip-autocomplete", { hasText: "response.code" }).waitFor();
    await page.keyboard.press("Escape");
    await page.keyboard.press("/");
    await page.keyboard.type("x == 200");
    await page.locator(".editor .cm-lintRange-error").waitFor();
    assert.deepEqual(faults, []);
  });

  test("takes every shortcut", async (context) => {
    const collector = await startCollector();
    context.after(collector.stop);
    const connection = { id: 5n };
    await collector.keep(
      now({ target: "/one", connection }),
      now({ target: "/two", connection: { id: 9n } }),
      now({ target: "/three", connection }),
    );
    const { page, faults } = await openPage(browser, collector.url);
    await rowsOf(page).nth(2).waitFor();
    const selected = () => page.locator('.row[aria-selected="true"]').innerText();
    const title = (text: string) => page.locator(".detail h2", { hasText: text }).waitFor();
    await page.keyboard.press("j");
    await title("/three");
    await page.keyboard.press("j");
    await title("/two");
    await page.keyboard.press("k");
    await title("/three");
    await page.keyboard.press("[");
    await title("/one");
    await page.keyboard.press("]");
    await title("/three");
    await page.locator(".scroller").focus();
    await page.keyboard.press("ArrowDown");
    await title("/two");
    await page.keyboard.press("ArrowUp");
    await title("/three");
    assert.match(await selected(), /three/);
    await page.keyboard.press("Enter");
    await page.locator("#tab-panel:focus").waitFor();
    await page.keyboard.press("c");
    await page.getByRole("button", { name: "Copy as curl" }).waitFor();
    await page.keyboard.press("c");
    await page.keyboard.press("Escape");
    await page.locator(".detail").waitFor({ state: "detached" });
    await page.keyboard.press("p");
    await page.getByRole("button", { name: /Live/ }).waitFor();
    await page.keyboard.press("p");
    await page.getByRole("button", { name: /Paused/ }).waitFor();
    await page.keyboard.press("j");
    await page.locator(".verdict").waitFor();
    await page.keyboard.press("f");
    await page.waitForURL(/filter=service.name/);
    await page.goBack();
    await page.waitForURL((url) => !url.href.includes("filter="));
    await rowsOf(page).nth(2).waitFor();
    await page.keyboard.press("j");
    await page.locator(".verdict").waitFor();
    await page.keyboard.press("x");
    await page.waitForURL(/filter=%21/);
    await page.keyboard.press("g");
    await page.keyboard.press("s");
    await page.getByRole("heading", { name: "Losses" }).waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("e");
    await page.locator(".list").waitFor();
    await page.keyboard.press("?");
    await page.getByRole("dialog", { name: "Keyboard" }).waitFor();
    await page.keyboard.press("Escape");
    await page.locator("dialog").waitFor({ state: "detached" });
    await page.keyboard.press("/");
    await page.locator(".filter:focus-within").waitFor();
    assert.deepEqual(faults, []);
  });

  test("filters by the cell that the arrows have come to, and looks beyond the filter for the next on a connection", async (context) => {
    const collector = await startCollector();
    context.after(collector.stop);
    const connection = { id: 5n };
    await collector.keep(
      now({ target: "/one", method: "PUT", connection }),
      now({ target: "/two", connection: { id: 9n } }),
      now({ target: "/three", connection }),
    );
    const { page, faults } = await openPage(browser, collector.url);
    await rowsOf(page).nth(2).waitFor();
    const title = (text: string) => page.locator(".detail h2", { hasText: text }).waitFor();
    await page.keyboard.press("j");
    await title("/three");
    await page.locator(".scroller").focus();
    // Time, method, and one back from behind it: beside the detail there is no room for clients.
    for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("f");
    await page.waitForURL(/filter=/, { timeout: 20_000 });
    assert.match(decodeURIComponent(page.url()).replaceAll("+", " "), /filter=request\.method == "GET"/);
    await rowsOf(page).nth(1).waitFor();
    await page.keyboard.press("[");
    await title("/one");
    assert.deepEqual(faults, []);
  });

  test("moves and sizes columns, searches the values of a facet, keeps filters by name, and finds alike", async (context) => {
    const collector = await startCollector();
    context.after(collector.stop);
    await collector.keep(
      ...Array.from({ length: 30 }, (_, index) =>
        now({ target: `/item/${index % 2}`, method: index % 3 === 0 ? "POST" : "GET", status: 200 + index }),
      ),
    );
    const { page, faults } = await openPage(browser, collector.url);
    await rowsOf(page).nth(5).waitFor();

    const heads = async () => (await page.locator(".row.head .cell").allInnerTexts()).map((text) => text.trim());
    assert.deepEqual((await heads()).slice(0, 3), ["Time ↓", "Client", "Method"]);
    await page.locator(".row.head .cell.status").dragTo(page.locator(".row.head .cell.client"));
    await until(async () => (await heads())[1] === "Status");
    const widthOf = async (name: string) => (await page.locator(`.row.head .cell.${name}`).boundingBox())!.width;
    const before = await widthOf("status");
    await page.getByRole("separator", { name: "Width of Status" }).focus();
    await page.keyboard.press("ArrowRight");
    await until(async () => (await widthOf("status")) === before + 16);
    const edge = (await page.getByRole("separator", { name: "Width of Time" }).boundingBox())!;
    const time = await widthOf("time");
    await page.mouse.move(edge.x + 3, edge.y + 5);
    await page.mouse.down();
    await page.mouse.move(edge.x + 63, edge.y + 5, { steps: 3 });
    await page.mouse.up();
    await until(async () => Math.abs((await widthOf("time")) - time - 60) <= 2);
    assert.match(decodeURIComponent(page.url()), /columns=time:\d+,status:\d+,client,method/);
    // A link has them, too.
    const again = await openPage(browser, page.url());
    await again.page.locator(".row.head .cell.status").waitFor();
    assert.equal((await again.page.locator(".row.head .cell.status").boundingBox())!.width, before + 16);
    await again.page.close();

    const facet = page.locator(".facets details", { has: page.locator("summary", { hasText: "status" }) });
    await facet.getByRole("button", { name: "others…" }).click();
    const values = page.getByRole("dialog", { name: "Values of status" });
    await values.getByText("30 of 30 values").waitFor();
    await values.getByLabel("Search").fill("22");
    await values.getByText("10 of 30 values").waitFor();
    await values.locator("li button", { hasText: "229" }).click({ modifiers: ["Alt"] });
    await page.waitForURL(/filter=%21%28response.code\+%3D%3D\+229%29/);
    await values.waitFor({ state: "detached" });

    await page.getByRole("button", { name: "Saved filters" }).click();
    const saved = page.getByRole("dialog", { name: "Saved filters" });
    await saved.getByLabel(/^Save .* as/).fill("all but 229");
    await saved.getByRole("button", { name: "Save", exact: true }).click();
    await saved.getByRole("button", { name: "all but 229", exact: true }).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Clear the filter" }).click();
    await page.waitForURL((url) => !url.href.includes("filter="));
    await page.reload();
    await page.getByRole("button", { name: "Saved filters" }).click();
    await saved.getByRole("button", { name: "all but 229", exact: true }).click();
    await page.waitForURL(/filter=%21%28response.code/);
    await page.getByRole("button", { name: "Saved filters" }).click();
    await saved.getByRole("button", { name: "Remove all but 229" }).click();
    await saved.getByText("None yet.").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Clear the filter" }).click();

    await rowsOf(page).first().click();
    await page.locator(".verdict").waitFor();
    await page.locator(".detail .menu summary").click();
    await page.getByRole("button", { name: "Find alike" }).click();
    await page.waitForURL(/request.method[\s\S]*route/);
    const alike = await page.locator(".editor .cm-content").innerText();
    assert.match(
      alike,
      /^service\.name == "example\.com" && request\.method == "(?:GET|POST)" && route == "\/item\/\{id\}"$/,
    );
    const axe = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa"]).analyze();
    assert.deepEqual(
      axe.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`),
      [],
    );
    assert.deepEqual(
      faults.filter((fault) => !/style/i.test(fault)),
      [],
    );
  });

  test("shows any attribute as a column, of what comes, too, and filters by it", async (context) => {
    const collector = await startCollector();
    context.after(collector.stop);
    // A header without a value is another thing than none.
    await collector.keep(now({ target: "/nobody", requestHeaders: { "x-user": "" } }));
    const keep = (target: string, user: string) => collector.keep(now({ target, requestHeaders: { "x-user": user } }));
    await keep("/one", "bob");
    await collector.keep(now({ target: "/two" }));
    const { page, faults } = await openPage(browser, collector.url);
    await rowsOf(page).nth(1).waitFor();
    await page.getByRole("button", { name: "Columns" }).click();
    const dialog = page.getByRole("dialog", { name: "Columns" });
    const field = dialog.getByLabel("Any attribute");
    await field.fill("request.headerz['x-user']");
    await field.press("Enter");
    await dialog
      .getByRole("alert")
      .getByText(/request\.headerz/)
      .waitFor();
    await field.fill("request.headers['x-user']");
    await field.press("Enter");
    await dialog.getByRole("checkbox", { name: "request.headers['x-user']" }).waitFor();
    await field.fill("request.method + response.body");
    await field.press("Enter");
    await dialog.getByRole("checkbox", { name: "request.method + response.body" }).click();
    const axe = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa"]).analyze();
    assert.deepEqual(
      axe.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`),
      [],
    );
    await page.keyboard.press("Escape");
    const cells = page.locator(".rows .cell.field");
    const texts = async () => (await cells.allInnerTexts()).map((text) => text.trim());
    await until(async () => (await texts()).join() === "‹unknown›,bob,‹empty›");
    await keep("/three", "eve\u202e<b>");
    await until(async () => (await texts()).join() === "eve\\u202e<b>,‹unknown›,bob,‹empty›");
    // A link has it, too.
    const again = await openPage(browser, page.url());
    await again.page.locator(".rows .cell.field", { hasText: "bob" }).waitFor();
    await again.page.close();

    await rowsOf(page).nth(2).click();
    await page.locator(".verdict").waitFor();
    // The detail stands beside it: there is no room for all columns, and it is scrolled to.
    await cells.nth(2).hover();
    await page.keyboard.press("f");
    await until(async () => (await rowsOf(page).count()) === 1);
    assert.match(decodeURIComponent(page.url().replaceAll("+", " ")), /filter=request\.headers\['x-user'\] == 'bob'/);
    assert.deepEqual(
      faults.filter((fault) => !/style/i.test(fault)),
      [],
    );
  });

  test("hatches where nobody was there to send and where something was lost, and draws no zero there", async (context) => {
    const collector = await startCollector();
    context.after(collector.stop);
    await collector.keep(now({ target: "/one" }));
    const { page, faults } = await openPage(browser, collector.url);
    await rowsOf(page).first().waitFor();
    const legend = page.locator(".histogram .legend");
    await legend.getByText(/no source for 1[345] min$/).waitFor();
    assert.match((await page.locator(".histogram").getAttribute("aria-label"))!, /1 ok.*no source for 1\d min/);
    // In a row of the chart that no bar reaches: lines that are slanted cross it again and again.
    const crossings = () =>
      page.locator(".histogram canvas").evaluate((canvas: unknown) => {
        const { width, height, ...one } = canvas as { width: number; height: number };
        const context = (canvas as { getContext(kind: string): never }).getContext("2d") as {
          getImageData(x: number, y: number, width: number, height: number): { data: Uint8Array };
        };
        void one;
        const { data } = context.getImageData(0, Math.round(height / 3), width, 1);
        let count = 0;
        for (let x = 1; x < width; x++) if (data[4 * x + 3]! > 60 && data[4 * x - 1]! <= 60) count++;
        return count;
      });
    await until(async () => (await crossings()) > 80);

    collector.collector.coverage.attach();
    const book = collector.ledger.book("reports");
    book.enter(1);
    book.settleDropped("store-busy", 1);
    await legend.getByText(/something lost within/).waitFor();
    const axe = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21aa"]).analyze();
    assert.deepEqual(
      axe.violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`),
      [],
    );
    assert.deepEqual(
      faults.filter((fault) => !/style/i.test(fault)),
      [],
    );
  });

  test("shows cookies, and messages of gRPC by a descriptor set", async (context) => {
    const collector = await startCollector();
    context.after(collector.stop);
    const bytes = toBinary(SendRequestSchema, create(SendRequestSchema, { sender: "shop-7", sequence: 42n }));
    const at = { seconds: Math.floor(Date.now() / 1000), nanos: 0 };
    const message = { from: "client", time: at, kind: "message", bytes, size: bytes.length, truncated: false } as const;
    await collector.keep(
      now({
        target: "/tapline.v1.CollectorService/Send",
        method: "POST",
        requestHeaders: { "content-type": "application/grpc", cookie: "theme=dark; lang=de" },
        responseHeaders: { "set-cookie": "seen=1; Path=/; HttpOnly" },
        exchange: { application: [{ name: "grpc", status: 0, statusName: "OK" }], messages: [message] },
      }),
      now({
        target: "/bodies",
        method: "POST",
        requestHeaders: { "content-type": "application/x-protobuf" },
        requestBody: new Uint8Array([8, 7]),
        responseHeaders: { "content-type": "application/x-protobuf" },
        responseBody: new Uint8Array([16, 9]),
      }),
    );
    const { page, faults } = await openPage(browser, collector.url);
    await page.locator(".rows .row", { hasText: "/bodies" }).click();
    // The two bodies stand in the same part of the page.
    for (const [tab, field] of [
      ["Request", "1: 7"],
      ["Response", "2: 9"],
      ["Request", "1: 7"],
    ] as const) {
      await page.getByRole("tab", { name: tab }).click();
      await page.locator(".protobuf", { hasText: field }).waitFor();
    }
    await page.locator(".rows .row", { hasText: "CollectorService" }).click();
    await page.getByRole("tab", { name: "Request" }).click();
    const cookies = page.locator(".headers", { has: page.locator("caption", { hasText: "Cookies" }) });
    assert.deepEqual(await cookies.locator("th").allInnerTexts(), ["theme", "lang"]);
    await page.getByRole("tab", { name: "Response" }).click();
    const texts = await cookies.locator("th, td").allInnerTexts();
    assert.deepEqual(
      texts.map((text) => text.replace(/\s*\+$/, "")),
      ["seen", "1; Path=/; HttpOnly"],
    );
    await page.getByRole("tab", { name: "Messages" }).click();
    await page.locator(".protobuf", { hasText: /1: "shop-7"\s+2: 42/ }).waitFor();
    const set = create(FileDescriptorSetSchema, { file: [file_tapline_v1_send.proto] });
    const file = { mimeType: "", name: "set.binpb", buffer: Buffer.from(toBinary(FileDescriptorSetSchema, set)) };
    await page.getByLabel("Open a descriptor set…").setInputFiles({ ...file, buffer: Buffer.from("no set") });
    await page.getByText("this is no descriptor set").waitFor();
    await page.getByLabel("Open a descriptor set…").setInputFiles(file);
    await page.locator(".protobuf", { hasText: /"sender": "shop-7",\s+"sequence": "42"/ }).waitFor();
    await page.getByText("tapline.v1.SendRequest").waitFor();
    assert.deepEqual(faults, []);
  });

  test("shows the other hops, the kernel's part, the connection as text and the packets", async (context) => {
    const collector = await startCollector();
    context.after(collector.stop);
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";
    const [client, server] = [
      { kind: "ip" as const, address: "10.0.0.1", port: 1234 },
      { kind: "ip" as const, address: "10.0.0.2", port: 80 },
    ];
    const first = now({ target: "/first", requestHeaders: { traceparent }, responseBody: "it is first" });
    const next = now({ target: "/next", requestHeaders: { "x-a": "b" }, connection: { id: 70n } });
    const other = now({ target: "/elsewhere", connection: { id: 71n }, requestHeaders: { traceparent } });
    await collector.keep(first, { ...next, connection: first.connection } as Exchange, other);
    collector.collector.intake.takeFlow({
      kind: "socket",
      time: first.times.requestStart!,
      source: client,
      destination: server,
      protocol: "tcp",
      summary: "write",
      attributes: {
        "socket.operation": "write",
        "socket.nanos": 4200,
        "l2.totalPackageCount": 3,
        "l4.totalDuration": 1500,
      },
    });
    await collector.collector.intake.settled();
    const { page, faults } = await openPage(browser, collector.url);
    await page.locator(".rows .row", { hasText: "/first" }).click();
    await page.locator(".hops caption", { hasText: "The 2 hops of this trace" }).waitFor();
    await page.getByRole("tab", { name: "Timing" }).click();
    await page.locator(".panel", { hasText: /write\s*4\.2 µs\s*totalDuration 1\.5 µs/ }).waitFor();
    assert.match(await page.locator(".panel").innerText(), /totalPackageCount 3/);
    await page.getByRole("tab", { name: "Bytes" }).click();
    await page.locator(".packets li", { hasText: "PSH" }).first().locator("button").click();
    await page.getByRole("button", { name: "payload" }).click();
    assert.match(await page.locator(".hex").innerText(), /GET \/first/);
    assert.ok((await page.locator(".hex .marked").count()) > 10);
    await page.getByRole("tab", { name: "Conn" }).click();
    await page.getByRole("button", { name: "Follow as text" }).click();
    await page.locator(".followed", { hasText: "it is first" }).waitFor();
    assert.equal(await page.locator(".followed pre").count(), 4);
    await page.locator(".panel").getByRole("button", { name: "GET /next" }).click();
    await page.locator(".detail h2", { hasText: "/next" }).waitFor();
    assert.deepEqual(faults, []);
  });

  test("makes nothing of what hostile traffic says", async (context) => {
    const collector = await startCollector();
    context.after(collector.stop);
    const markup = '"><img src=x onerror="document.title=1"><script>document.title=2</script>';
    await collector.keep(
      now({
        target: `/${markup}`,
        authority: "\u202egpj.exe",
        requestHeaders: { "x-markup": markup, "x-control": "a\u0000b\u001b[31mc\u200f", "x-long": "x".repeat(5000) },
        responseHeaders: { "content-type": "text/html" },
        responseBody: `<script>parent.document.title=3</script>${markup}${"x".repeat(1_000_000)}`,
      }),
      now({
        target: "/json",
        responseHeaders: { "content-type": "application/json" },
        responseBody: `{${Array.from({ length: 50_000 }, (_, key) => `"k${key}":1`).join()}}`,
      }),
    );
    const { page, faults } = await openPage(browser, collector.url);
    await rowsOf(page).nth(1).waitFor();
    assert.match(await rowsOf(page).nth(1).innerText(), /\\u202egpj\.exe/);
    await rowsOf(page).nth(1).click();
    for (const tab of ["Overview", "Request", "Response", "Raw"]) await page.getByRole("tab", { name: tab }).click();
    await page.getByRole("tab", { name: "Response" }).click();
    await page.getByRole("button", { name: "preview" }).click();
    await page.locator("iframe.preview").waitFor();
    await page.getByRole("tab", { name: "Request" }).click();
    assert.match(await page.locator(".headers").last().innerText(), /a\\u0000b\\u001b\[31mc\\u200f/);
    // A value that fills everything leaves names in one line.
    const name = await page.locator(".headers th", { hasText: "x-control" }).boundingBox();
    assert.ok(name!.width >= 80, `the name of a header has ${name!.width} pixels`);
    await page.keyboard.press("k");
    await page.getByRole("tab", { name: "Response" }).click();
    await page.getByText("49800 more").waitFor();
    assert.equal(await page.title(), "Tapline");
    assert.equal(await page.locator("img[src=x]").count(), 0);
    assert.deepEqual(
      faults.filter((fault) => !/sandboxed/.test(fault)),
      [],
    );
  });

  test("asks for a token, and hides bodies from who may only look", async (context) => {
    const hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    const collector = await startCollector({
      token: "secret",
      tokens: { text: `viewer ${hash} # test`, file: "tokens" },
    });
    context.after(collector.stop);
    await collector.keep(now({ target: "/private", responseBody: "the body itself" }));
    const { page, faults } = await openPage(browser, collector.url);
    const enter = async (token: string): Promise<void> => {
      await page.getByLabel("Token").fill(token);
      await page.getByRole("button", { name: "Look" }).click();
    };
    await enter("wrong");
    await page.getByText("That token was not taken.").waitFor();
    await enter("test");
    await rowsOf(page).first().click();
    await page.getByRole("tab", { name: "Response" }).click();
    await page.getByText("the role admin may see it").waitFor();
    await page.evaluate(() =>
      (
        globalThis as unknown as { sessionStorage: Map<string, string> & { setItem(a: string, b: string): void } }
      ).sessionStorage.setItem("token", "secret"),
    );
    await page.reload();
    await page.getByText("the body itself").waitFor();
    const audit = () => readFileSync(join(collector.folder, "audit.ndjson"), "utf8");
    assert.match(audit(), /"role":"admin","action":"see","id":1/);
    const valuesFor = async (token: string) => {
      const address = `${collector.url}api/v1/values?ids=1,7&field=response.body&field=request.path`;
      const answer = await fetch(address, { headers: { authorization: `Bearer ${token}` } });
      return ((await answer.json()) as { values: { id: number; values: ({ text: string } | null)[] }[] }).values;
    };
    const [hidden, ...others] = await valuesFor("test");
    assert.deepEqual(others, []);
    assert.doesNotMatch(JSON.stringify(hidden), /the body/);
    assert.equal(hidden!.values[1]!.text, "/private");
    assert.doesNotMatch(audit(), /"ids"/);
    assert.match((await valuesFor("secret"))[0]!.values[0]!.text, /the body itself/);
    assert.match(audit(), /"role":"admin","action":"see","ids":\[1,7\],"fields":\["response.body","request.path"\]/);
    assert.deepEqual(faults, []);
  });

  test("reads a file that is dropped, in the page", async (context) => {
    const collector = await startCollector();
    context.after(collector.stop);
    const { page, faults } = await openPage(browser, collector.url);
    await page.getByText("Nothing has come").waitFor();
    const lines = [now({ target: "/from-file", status: 500 }), now({ target: "/other" })];
    const { exchangeLine } = await import("../../src/analysis/protocols/index.ts");
    const text = lines.map(exchangeLine).join("");
    const transfer = await page.evaluateHandle((content) => {
      const Page = globalThis as unknown as BrowserGlobals;
      const data = new Page.DataTransfer();
      data.items.add(new Page.File([content], "dropped.ndjson"));
      return data;
    }, text);
    await page.dispatchEvent("body", "drop", { dataTransfer: transfer });
    await page.getByText("in this page only").waitFor();
    await rowsOf(page).nth(1).waitFor();
    await page.locator(".facets button", { hasText: "500" }).first().click();
    await until(async () => (await rowsOf(page).count()) === 1);
    await rowsOf(page).first().click();
    await page.locator(".verdict", { hasText: "failed with 500" }).waitFor();
    assert.deepEqual(faults, []);
  });

  test("holds no more than 20 000 of 100 000 rows, and scrolls through them", async (context) => {
    const collector = await startCollector();
    context.after(collector.stop);
    const wanted = Number(process.env["ROWS"] ?? 4000);
    for (let made = 0; made < wanted; made += 2000) {
      await collector.keep(...Array.from({ length: 2000 }, (_, index) => now({ target: `/row/${made + index}` })));
    }
    const { page, faults } = await openPage(browser, `${collector.url}#range=all`);
    await rowsOf(page).first().waitFor();
    const scroller = page.locator(".scroller");
    const scroll = (share: number) =>
      scroller.evaluate((box, part) => {
        box.scrollTop = box.scrollHeight * part;
      }, share);
    for (let round = 0; round < wanted / 100; round++) {
      const rows = await scroller.getAttribute("aria-rowcount");
      if (Number(rows) > wanted) break;
      await scroll(1);
      await until(async () => (await scroller.getAttribute("aria-rowcount")) !== rows);
    }
    assert.ok((await rowsOf(page).count()) < 100, "only the rows that are seen are made");
    await scroll(0);
    await page.getByText(`/row/${wanted - 1}`, { exact: true }).waitFor();
    assert.deepEqual(faults, []);
  });
});
