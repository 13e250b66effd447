/** `tapline mcp` spoken to as assistants do: JSON-RPC, a line a message, on its standard input and output. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { buildExchange } from "./support/build-exchange.ts";
import { startCollector } from "./support/collector-page.ts";
import { MAIN } from "./support/tapline-main.ts";

test("an assistant finds, reads and sums up what a collector keeps", { timeout: 120_000 }, async (context) => {
  const running = await startCollector();
  context.after(running.stop);
  await running.keep(buildExchange({ target: "/cart/7", status: 503 }), buildExchange({ target: "/ok", status: 200 }));
  const child = spawn(process.execPath, [MAIN, "mcp", "--url", running.url], { stdio: ["pipe", "pipe", "inherit"] });
  context.after(() => child.kill("SIGKILL"));
  // biome-ignore lint/suspicious/noExplicitAny: messages, whose fields are asserted
  const waiting = new Map<number, (answer: any) => void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    const message = JSON.parse(line);
    waiting.get(message.id)?.(message);
  });
  let id = 0;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  const call = (method: string, params: object = {}): Promise<any> =>
    new Promise((resolve) => {
      waiting.set(++id, resolve);
      child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id, method, params })}\n`);
    });
  const use = async (name: string, given: object) => {
    const { result } = await call("tools/call", { name, arguments: given });
    return result as { isError?: boolean; content: [{ text: string }] };
  };

  const { result: hello } = await call("initialize", {
    protocolVersion: "2025-06-18",
    capabilities: {},
    clientInfo: { name: "test", version: "1" },
  });
  assert.equal(hello.serverInfo.name, "tapline");
  child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" })}\n`);
  const { result } = await call("tools/list");
  const tools = result.tools as {
    name: string;
    annotations: { readOnlyHint: boolean };
    inputSchema: { type: string };
  }[];
  assert.ok(tools.length >= 10 && tools.every(({ annotations }) => annotations.readOnlyHint));
  assert.ok(tools.every(({ inputSchema }) => inputSchema.type === "object"));

  const { items } = JSON.parse((await use("find_exchanges", { filter: "5xx" })).content[0].text);
  assert.deepEqual(
    items.map(({ target }: { target: string }) => target),
    ["/cart/7"],
  );
  const { document } = JSON.parse((await use("get_exchange", { id: items[0].id })).content[0].text);
  assert.equal(document.response.status, 503);
  assert.match((await use("sum_services", {})).content[0].text, /"route":"\/ok"/);
  const wrong = await use("find_exchanges", { filter: "response.cod == 1" });
  assert.deepEqual([wrong.isError, /response\.cod/.test(wrong.content[0].text)], [true, true]);
  const ended = new Promise((resolve) => child.once("close", resolve));
  child.stdin.end();
  assert.equal(await ended, 0);
});
