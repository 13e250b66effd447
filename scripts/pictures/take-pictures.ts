/**
 * Makes pictures of the page's screens, light and dark and at three widths, for a person to look at: nothing is compared.
 *
 * usage: node scripts/pictures/take-pictures.ts FOLDER [SCREEN…]
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { exchangeLine } from "../../src/analysis/protocols/index.ts";
import { startBrowser, startCollector } from "../../test/support/collector-page.ts";
import { binaryBody, demoTraffic, failedPayment, hostile, longJson, webSocket } from "./demo-exchanges.ts";

type Collector = Awaited<ReturnType<typeof startCollector>>;

interface Screen {
  readonly name: string;
  /** Also dark, and at the other widths. */
  readonly isMain?: boolean;
  readonly token?: string;
  prepare?(collector: Collector): Promise<void>;
  show?(page: Page, collector: Collector): Promise<void>;
}

const [folder = "pictures", ...wanted] = process.argv.slice(2);
const WIDTHS = [1440, 1024, 390] as const;
const rows = (page: Page) => page.locator(".rows .row:not(.grey)");

async function select(page: Page, text: string, tab?: string): Promise<void> {
  await rows(page).filter({ hasText: text }).first().click();
  await page.locator(".detail .tabs").waitFor();
  if (tab !== undefined) await page.getByRole("tab", { name: tab }).click();
}

const withDemo = async (collector: Collector): Promise<void> => {
  collector.collector.coverage.attach();
  await collector.keep(...demoTraffic(600), webSocket(), failedPayment(), longJson(), binaryBody(), hostile());
};

const SCREENS: readonly Screen[] = [
  { name: "first-run-empty", prepare: async ({ collector }) => addListeners(collector) },
  { name: "list", isMain: true, prepare: withDemo },
  {
    name: "paused-with-new",
    prepare: withDemo,
    async show(page, collector) {
      await page.keyboard.press("p");
      await collector.keep(...demoTraffic(238, 3000));
      await page.locator(".pill").waitFor();
    },
  },
  {
    name: "filter-error",
    prepare: withDemo,
    async show(page) {
      await page.locator(".editor .cm-content").waitFor();
      await page.keyboard.press("/");
      await page.keyboard.type("response.kode >= 500 && x");
      await page.locator(".editor .cm-lintRange-error").first().hover();
    },
  },
  { name: "detail", isMain: true, prepare: withDemo, show: (page) => select(page, "/pay/17?card") },
  { name: "detail-request", prepare: withDemo, show: (page) => select(page, "/pay/17?card", "Request") },
  { name: "long-json", prepare: withDemo, show: (page) => select(page, "/items?page=1", "Response") },
  { name: "hex", prepare: withDemo, show: (page) => select(page, "/logo.bin", "Response") },
  { name: "websocket", prepare: withDemo, show: (page) => select(page, "/prices", "Messages") },
  { name: "bytes", prepare: withDemo, show: (page) => select(page, "/pay/17?card", "Bytes") },
  {
    name: "timing",
    prepare: addKernelTimes,
    show: (page) => select(page, "/pay/17?card", "Timing"),
  },
  {
    name: "losses",
    isMain: true,
    prepare: async (collector) => {
      await withDemo(collector);
      addListeners(collector.collector);
      const book = collector.ledger.book("reports");
      book.enter(1300);
      book.settleHandled(96);
      book.settleDropped("store-busy", 1204);
      collector.collector.senders.count("otlp", "10.0.0.7", 400);
    },
    async show(page) {
      await page.keyboard.press("g");
      await page.keyboard.press("s");
      await page.getByRole("heading", { name: "Losses" }).waitFor();
    },
  },
  { name: "dropped-file-progress", show: (page) => drop(page, 150_000, false) },
  { name: "dropped-file-done", show: (page) => drop(page, 500, true) },
  {
    name: "disconnected",
    prepare: withDemo,
    async show(page, collector) {
      await collector.collector.stop();
      await page.locator(".banner").first().waitFor();
    },
  },
  { name: "token", token: "secret" },
  { name: "hostile", prepare: withDemo, show: (page) => select(page, "onerror", "Request") },
  { name: "help", prepare: withDemo, show: (page) => page.keyboard.press("?") },
];

mkdirSync(folder, { recursive: true });
const browser = await startBrowser();
try {
  for (const screen of SCREENS) if (wanted.length === 0 || wanted.includes(screen.name)) await picture(browser, screen);
} finally {
  await browser.close();
}

async function picture(browser: Browser, { name, isMain = false, token, prepare, show }: Screen): Promise<void> {
  for (const scheme of isMain ? (["light", "dark"] as const) : (["light"] as const))
    for (const width of isMain ? WIDTHS : [1440]) {
      const collector = await startCollector(token === undefined ? {} : { token });
      await prepare?.(collector);
      const context = await browser.newContext({
        viewport: { width, height: width < 600 ? 844 : 900 },
        colorScheme: scheme,
        timezoneId: "UTC",
      });
      const page = await context.newPage();
      page.setDefaultTimeout(60_000);
      await page.goto(collector.url);
      if (token === undefined) await page.locator(".list").waitFor();
      if (prepare === withDemo) await rows(page).first().waitFor();
      await show?.(page, collector);
      // Chart and facets come behind the rows.
      await page.waitForTimeout(1500);
      const path = join(folder, `${name}${isMain ? `-${width}-${scheme}` : ""}.png`);
      await page.screenshot({ path });
      console.log(path);
      await context.close();
      await collector.stop().catch(() => {});
    }
}

function addListeners(collector: Collector["collector"]): void {
  collector.listeners.push(
    { kind: "ingest", url: "http://127.0.0.1:9000" },
    { kind: "grpc", url: "grpc://127.0.0.1:11800" },
  );
}

/** The payment, and what an agent tells of its connection. */
async function addKernelTimes({ collector, keep }: Collector): Promise<void> {
  const payment = failedPayment();
  await keep(...demoTraffic(100), payment);
  for (const [operation, nanos] of [
    ["read", 9100],
    ["write", 4200],
  ] as const)
    collector.intake.takeFlow({
      kind: "socket",
      time: payment.times.requestStart!,
      source: { kind: "ip", address: "10.0.0.1", port: 1234 },
      destination: { kind: "ip", address: "10.0.0.2", port: 80 },
      protocol: "tcp",
      summary: operation,
      attributes: {
        "socket.operation": operation,
        "socket.nanos": nanos,
        "l2.totalPackageCount": 3,
        "l3.totalDuration": 800,
        "l4.totalDuration": 1500,
        "l4.retransmits": 1,
      },
    });
  await collector.intake.settled();
}

async function drop(page: Page, count: number, isDone: boolean): Promise<void> {
  const text = demoTraffic(500)
    .map(exchangeLine)
    .join("")
    .repeat(Math.ceil(count / 500));
  await page.evaluate(`globalThis.dropped = ${JSON.stringify(text.slice(0, 40_000_000))}`);
  await page.evaluate(`(() => {
    const data = new DataTransfer();
    data.items.add(new File([dropped], "capture.ndjson"));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
  })()`);
  if (isDone) await page.getByText("in this page only").first().waitFor();
  else await page.locator(".reading").waitFor();
}
