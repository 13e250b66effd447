import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { Collector } from "../../src/collector/server/collector.ts";
import { SqliteStore } from "../../src/collector/store/sqlite-store.ts";
import { type Exchange, Ledger, MemoryBudget } from "../../src/model/index.ts";
import { findProgram } from "./needs.ts";
import { makeTemporaryFolder } from "./temporary-folder.ts";

const ROOT = join(import.meta.dirname, "../..");
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** Builds the page once, and starts a browser. */
export async function startBrowser(): Promise<Browser> {
  execFileSync(process.execPath, [join(ROOT, "scripts/build-page.ts"), "--if-older"]);
  return chromium.launch({ executablePath: findChromium()!, args: ["--no-sandbox"] });
}

export function findChromium(): string | undefined {
  return findProgram("chromium") ?? findProgram("google-chrome");
}

/** A collector on a free port of loopback with a page. */
export async function startCollector(
  access: { token?: string; tokens?: { text: string; file: string } } = {},
  memory = 512 * 1024 * 1024,
) {
  const folder = makeTemporaryFolder();
  const ledger = new Ledger();
  const store = await SqliteStore.open({ folder: folder.path, keepMillis: 1e12, maxBytes: 1e12 });
  const collector = new Collector({
    store,
    ledger,
    budget: new MemoryBudget(memory),
    logger: SILENT,
    redactor: undefined,
    listen: { kind: "ip", address: "127.0.0.1", port: 0 },
    access,
    page: join(ROOT, "dist/page"),
    data: folder.path,
  });
  const { port } = await collector.start();
  return {
    collector,
    store,
    ledger,
    folder: folder.path,
    url: `http://127.0.0.1:${port}/`,
    async keep(...exchanges: Exchange[]) {
      for (const exchange of exchanges) collector.intake.take(exchange);
      await collector.intake.settled();
    },
    stop: async () => {
      await collector.stop();
      folder.remove();
    },
  };
}

/** A page that fails the test when its scripts fail, or when it asks for anything elsewhere. */
export async function openPage(browser: Browser, url: string): Promise<{ page: Page; faults: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error.stack)));
  page.on("console", (message) => {
    if (message.type() === "error" && !/401|403|404|Failed to load resource/.test(message.text()))
      faults.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(url.replace(/#.*/, "")) && !/^(?:blob|data):/.test(request.url()))
      faults.push(`asks for ${request.url()}`);
  });
  await page.goto(url);
  return { page, faults };
}
