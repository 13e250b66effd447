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
  readonly protocol?: string;
  readonly source?: { readonly address: string; readonly port: number };
  readonly destination?: { readonly address: string; readonly port: number };
  readonly attributes: { readonly pid: number };
}

const DATAGRAMS = 200;

describe("packets of connections", { skip }, () => {
  test("retransmissions and drops are told with the kernel's reason", async (context) => {
    const namespace = createLossyNamespace(context, LOSS);
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

  test("datagrams that are dropped, of sockets with one other end and with any, by IPv4 and IPv6", async (context) => {
    const namespace = createLossyNamespace(context, LOST_DATAGRAMS);
    const ip = findProgram("ip")!;
    const program = startProgram(ip, ["netns", "exec", namespace, "python3", "-c", DATAGRAM_SPEAKER], {
      stdin: "pipe",
    });
    context.after(() => program.stop("SIGKILL"));
    const told = async (what: string): Promise<void> => {
      for (let waited = 0; !program.output().includes(what); waited += 50) {
        assert.ok(waited < 60_000, program.output());
        await delay(50);
      }
    };
    await told("ready");
    const seen = await watch(["--packets", "--pid", String(program.child.pid)]);
    program.child.stdin!.write("go\n");
    await told("done");
    await delay(1500);
    assert.equal(await seen.stop(), 0, seen.errors());
    const drops = (seen.exchanges as unknown as Flow[]).filter(({ kind }) => kind === "drop");
    assert.ok(drops.every(({ protocol, attributes }) => protocol === "udp" && attributes.pid === program.child.pid));
    const count = (reason: string, from: string, port: number): number =>
      drops.filter(
        (one) => one.reason === reason && one.destination?.port === port && one.source?.address.endsWith(from) === true,
      ).length;
    // Ports of the program: 7001 is connected to, 7002 is sent to from a socket of no fixed end, 7003 has no room.
    for (const address of ["127.0.0.1", "::1"]) {
      assert.equal(count("TC_INGRESS", address, 7001), DATAGRAMS / 2, `${address}, connected`);
      assert.equal(count("TC_INGRESS", address, 7002), DATAGRAMS / 2 - 1, `${address}, of any end`);
    }
    const overrun = drops.filter(({ reason }) => reason === "SOCKET_RCVBUFF").length;
    assert.ok(overrun > 0, "a receiver that does not read");
    assert.equal(overrun, Number(/overrun (\d+)/.exec(program.output())?.[1]));
  });
});

/** A network namespace of the test's own, whose loopback loses packets as the program says. */
function createLossyNamespace(context: TestContext, loss: string): string {
  const folder = makeTemporaryFolder();
  context.after(() => folder.remove());
  const object = join(folder.path, "drop.o");
  writeFileSync(join(folder.path, "drop.c"), makeDrop(loss));
  execFileSync(findProgram("clang")!, ["-O2", "-target", "bpf", "-c", join(folder.path, "drop.c"), "-o", object]);
  const namespace = `tapline-l${process.pid}-${namespaces++}`;
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

let namespaces = 0;

/** @param loss an expression: whether the packet `skb` is lost */
const makeDrop = (loss: string): string => `
static unsigned int (*random)(void) = (void *)7;
static long (*load)(void *skb, unsigned int at, void *to, unsigned int length) = (void *)26;
static unsigned char byte(void *skb, unsigned int at) { unsigned char found = 0; load(skb, at, &found, 1); return found; }
__attribute__((section("tc"), used)) int drop(void *skb) { return (${loss}) ? 2 : 0; }
char LICENSE[] __attribute__((section("license"), used)) = "GPL";
`;

/** Every twentieth, by chance. */
const LOSS = "random() % 100 < 5";

/** Datagrams (UDP in IPv4 at 14 + 9, in IPv6 at 14 + 6) whose first byte is an L. */
const LOST_DATAGRAMS =
  "(byte(skb, 14) >> 4 == 4 && byte(skb, 23) == 17 && byte(skb, 42) == 'L') || (byte(skb, 14) >> 4 == 6 && byte(skb, 20) == 17 && byte(skb, 62) == 'L')";

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

/** Half of its datagrams begin with an L; the first of a socket without a fixed end is not lost, as it makes the socket known. */
const DATAGRAM_SPEAKER = `
import socket, sys
half = ${DATAGRAMS / 2}
receivers = []
for family, any in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::1")):
    for port in (7001, 7002):
        receiver = socket.socket(family, socket.SOCK_DGRAM)
        receiver.bind((any, port))
        receivers.append(receiver)
small = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2304)
small.bind(("127.0.0.1", 7003))
def overruns():
    lines = [line.split() for line in open("/proc/net/snmp") if line.startswith("Udp:")]
    return int(lines[1][lines[0].index("RcvbufErrors")])
print("ready", flush=True)
sys.stdin.readline()
for family, to in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
    connected = socket.socket(family, socket.SOCK_DGRAM)
    connected.connect((to, 7001))
    free = socket.socket(family, socket.SOCK_DGRAM)
    for i in range(half):
        connected.send(b"kept")
        connected.send(b"L")
        free.sendto(b"kept" if i == 0 else b"L", (to, 7002))
        free.sendto(b"kept", (to, 7002))
filler = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
small.setblocking(False)
filler.sendto(b"first", ("127.0.0.1", 7003))
small.recvfrom(100)
before = overruns()
for i in range(100):
    filler.sendto(b"x" * 500, ("127.0.0.1", 7003))
print("overrun", overruns() - before, flush=True)
print("done", flush=True)
sys.stdin.readline()
`;
