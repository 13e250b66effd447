import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { holdPrintedBooks } from "./support/proxy-books.ts";

const folder = mkdtempSync(join(tmpdir(), "tapline-show-"));
const BODY = "x".repeat(30_000);
const server = createServer((request, response) =>
  response.writeHead(request.url?.startsWith("/fail") ? 500 : 200).end(BODY),
);
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
after(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const CONFIG = join(folder, "envoy.yaml");
writeFileSync(
  CONFIG,
  `
static_resources:
  listeners:
  - name: in
    address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
    filter_chains:
    - filters:
      - name: envoy.filters.network.tcp_proxy
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
          stat_prefix: in
          cluster: out
  clusters:
  - name: out
    type: STATIC
    load_assignment:
      cluster_name: out
      endpoints:
      - lb_endpoints:
        - endpoint:
            address: { socket_address: { address: 127.0.0.1, port_value: ${(server.address() as AddressInfo).port} } }
`,
);

async function startProxy(...flags: string[]) {
  const child = spawn(join(import.meta.dirname, "../bin/tapline"), ["proxy", "-c", CONFIG, ...flags]);
  const output = { stdout: "", stderr: "" };
  child.stderr.on("data", (text) => {
    output.stderr += text;
  });
  holdPrintedBooks(child, () => output.stderr);
  for (let i = 0; i < 12_000 && !output.stderr.includes("listening"); i++) await wait(10);
  const port = /"address":"127\.0\.0\.1:(\d+)"/.exec(output.stderr)![1];
  return {
    child,
    output,
    url: `http://127.0.0.1:${port}`,
    exited: new Promise((resolve) => child.once("close", resolve)),
  };
}

test("--show prints each exchange once, those that match, without credentials", async () => {
  const { child, output, url, exited } = await startProxy("--show", "-v", "-Y", "5xx", "--redact-headers", "x-tenant");
  child.stdout.on("data", (text) => {
    output.stdout += text;
  });
  for (const path of ["/", "/fail", "/fail?token=s3cr3t"])
    await (await fetch(url + path, { headers: { authorization: "Bearer s3cr3t", "x-tenant": "acme" } })).text();
  for (let i = 0; i < 12_000 && output.stdout.split("\n* exchange").length < 3; i++) await wait(10);
  child.kill("SIGTERM");
  await exited;
  assert.equal(output.stdout.match(/ GET .*\/fail.* 500 /g)?.length, 2, output.stdout);
  assert.match(output.stdout, /> authorization: Bearer ‹redacted:bearer:[0-9a-f]{8}›/);
  assert.match(output.stdout, /> x-tenant: ‹redacted:x-tenant:[0-9a-f]{8}›/);
  assert.doesNotMatch(output.stdout, /s3cr3t|acme| 200 /);
});

test("whoever does not read what is shown does not hold up the traffic, and loses lines that are counted", async () => {
  const { child, output, url, exited } = await startProxy("--show", "-vv");
  let isPrinting = false;
  // It is buffered, and not read.
  child.stdout.once("readable", () => {
    isPrinting = true;
  });
  let sent = 0;
  // Bodies are shown at a megabyte a second, and looked through by a thread that gives way: what waits there is not lost.
  for (let rounds = 0; rounds < 4; rounds += isPrinting ? 1 : 0) {
    for (let i = 0; i < 60; i++, sent++) assert.equal((await (await fetch(url)).text()).length, BODY.length);
    await wait(1000);
  }
  child.stdout.resume();
  child.kill("SIGINT");
  await exited;
  assert.match(
    output.stderr,
    new RegExp(`^shown: ${sent} in = \\d+ handled \\+ \\d+ dropped \\(slow-terminal \\d+\\)$`, "m"),
  );
});

test("rules of redaction without --show are refused: those of taps stand in the configuration", async () => {
  const child = spawn(join(import.meta.dirname, "../bin/tapline"), ["proxy", "-c", CONFIG, "--redact-names", "iban"]);
  assert.equal(await new Promise((resolve) => child.once("close", resolve)), 2);
});

test("a wrong filter is refused before anything listens", async () => {
  const child = spawn(join(import.meta.dirname, "../bin/tapline"), ["proxy", "-c", CONFIG, "--show", "-Y", "6xx"]);
  assert.equal(await new Promise((resolve) => child.once("close", resolve)), 2);
});
