import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { findProgram, skipUnless } from "../support/needs.ts";
import { startProgram } from "../support/processes.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";
import { skipWithoutKernel, watch } from "./support/kernel.ts";

const skip = (await skipWithoutKernel()) || skipUnless("ip", "tc", "clang", "python3", "curl");

interface Flow {
  readonly kind: string;
  readonly reason?: string;
  readonly source?: { readonly address: string };
  readonly attributes: { readonly pid: number };
}

describe("packets of connections", { skip }, () => {
  test("retransmissions and drops are told with the kernel's reason", async (context) => {
    const namespace = createLossyNamespace(context);
    const inside = (...command: string[]): [string, string[]] => [
      findProgram("ip")!,
      ["netns", "exec", namespace, ...command],
    ];
    const [program, args] = inside("python3", "-c", SERVER);
    const server = startProgram(program, args);
    context.after(() => server.stop());
    await delay(1000);
    const seen = await watch(["--packets", "--pid", String(server.child.pid)]);
    const before = retransmitted(server.child.pid!);
    // Losses are chance: requests go on until there are enough to compare.
    for (let i = 0; i < 10 || (i < 150 && retransmitted(server.child.pid!) - before < 20); i++) {
      const url = `http://${i % 2 === 0 ? "127.0.0.1" : "[::1]"}:8098/${i}`;
      const [curl, rest] = inside("curl", "-sg", "-o", "/dev/null", "--max-time", "20", url);
      const [code] = (await once(spawn(curl, rest), "close")) as [number];
      assert.equal(code, 0);
    }
    await delay(500);
    const counted = retransmitted(server.child.pid!) - before;
    assert.equal(await seen.stop(), 0);
    const flows = (seen.exchanges as unknown as Flow[]).filter(({ kind }) => kind === "retransmit" || kind === "drop");
    const again = flows.filter(({ kind }) => kind === "retransmit").length;
    const dropped = flows.filter(({ reason }) => reason === "TC_INGRESS").length;
    assert.ok(dropped > 0, `${dropped} drops`);
    for (const address of ["127.0.0.1", "::1"])
      assert.ok(
        flows.some(({ source }) => source?.address.endsWith(address)),
        `of ${address}`,
      );
    // The kernel counts segments and tells of buffers, which hold several; and the other side's, and those before a connection is known,
    // are the namespace's too.
    assert.ok(again > 0 && again <= counted, `${again} of ${counted} retransmissions`);
    assert.ok(again >= counted / 8, `${again} of ${counted} retransmissions`);
    assert.ok(flows.every(({ attributes }) => attributes.pid === server.child.pid));
  });
});

/** A network namespace of the test's own, whose loopback loses every twentieth packet. */
function createLossyNamespace(context: TestContext): string {
  const folder = makeTemporaryFolder();
  context.after(() => folder.remove());
  const object = join(folder.path, "drop.o");
  writeFileSync(join(folder.path, "drop.c"), DROP);
  execFileSync(findProgram("clang")!, ["-O2", "-target", "bpf", "-c", join(folder.path, "drop.c"), "-o", object]);
  const namespace = `tapline-l${process.pid}`;
  const ip = (...args: string[]): void =>
    void execFileSync(findProgram("ip")!, args, { stdio: ["ignore", "ignore", "pipe"] });
  ip("netns", "add", namespace);
  context.after(() => ip("netns", "del", namespace));
  ip("-n", namespace, "link", "set", "lo", "up");
  const tc = findProgram("tc")!;
  ip("netns", "exec", namespace, tc, "qdisc", "add", "dev", "lo", "clsact");
  ip("netns", "exec", namespace, tc, "filter", "add", "dev", "lo", "ingress", "bpf", "da", "obj", object, "sec", "tc");
  return namespace;
}

/** Segments that the process's network namespace has sent again. */
function retransmitted(pid: number): number {
  const [names, values] = readFileSync(`/proc/${pid}/net/snmp`, "utf8")
    .match(/^Tcp:.*$/gm)!
    .map((line) => line.split(" "));
  return Number(values![names!.indexOf("RetransSegs")]);
}

const DROP = `
static unsigned int (*random)(void) = (void *)7;
__attribute__((section("tc"), used)) int drop(void *skb) { return random() % 100 < 5 ? 2 : 0; }
char LICENSE[] __attribute__((section("license"), used)) = "GPL";
`;

const SERVER = `
import http.server, socket
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"x" * 200000
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *rest): pass
class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6
Server(("::", 8098), Handler).serve_forever()
`;
