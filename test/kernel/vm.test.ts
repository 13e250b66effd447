import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { type PathSums, SUM } from "../../src/source/ebpf/events/path-sums.ts";
import { skipUnless } from "../support/needs.ts";

/** Debian's kernel, as scripts/setup-tests unpacks it. */
const KERNEL = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tapline/vm/kernel");
const SECONDS = 400;

const skip =
  skipUnless("qemu-system-x86_64", "busybox", "modprobe", "cpio", "ip", "curl", "python3") ||
  (existsSync(KERNEL) ? false : "missing: a kernel for the virtual machine (scripts/setup-tests)");

interface Seen {
  readonly functions?: string;
  readonly attached: readonly string[];
  readonly missing: readonly { readonly probe: string }[];
  readonly operations: readonly {
    readonly role: string;
    readonly remote: string;
    readonly kind: string;
    readonly size: number;
    readonly path?: PathSums;
    readonly nanos: number;
  }[];
}

describe("functions of a kernel that lets itself be watched, in a virtual machine", { skip }, () => {
  let variants: Seen[] = [];
  let output = "";

  before(async () => {
    const vm = join(import.meta.dirname, "vm");
    const node = realpathSync(process.execPath);
    // Emulated on several threads, code that V8 has just made crashes now and then, before any of ours runs: that is tried again.
    for (let boots = 0; boots === 0 || (boots < 3 && /^VM: ended with 1(?:32|34|39)/m.test(output)); boots++) {
      output = "";
      const child = spawn(join(vm, "boot"), [node, join(vm, "guest.ts"), String(SECONDS)], {
        stdio: ["ignore", "pipe", "pipe"],
      });
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding("utf8").on("data", (text: string) => {
          output += text;
        });
      await once(child, "close");
    }
    assert.match(output, /^VM: ended with 0/m, output.slice(-4000));
    variants = [...output.matchAll(/VM: (\{.*\})/g)].map(([, document]) => JSON.parse(document!) as Seen);
  });

  for (const [index, functions] of ["fentry", "kprobe"].entries())
    describe(`by ${functions}`, () => {
      test("every program is attached", () => {
        assert.equal(variants[index]?.functions, functions);
        assert.deepEqual(variants[index].missing, []);
        assert.ok(variants[index].attached.includes(`${functions}/__ip_queue_xmit`), `${variants[index].attached}`);
      });

      for (const [family, ends] of [
        ["IPv4", ["10.77.0.1", "10.77.0.2"]],
        ["IPv6", ["fd77::1", "fd77::2"]],
      ] as const)
        test(`${family}: packets, bytes and times of each layer, at both ends`, () => {
          const calls = variants[index]!.operations.filter(({ remote }) => ends.some((end) => remote.endsWith(end)));
          const find = (role: string, kind: string) =>
            calls.find((one) => one.role === role && one.kind === kind) ??
            assert.fail(`no ${kind} of the ${role}: ${JSON.stringify(calls)}`);
          for (const role of ["client", "server"]) {
            const write = find(role, "write");
            checkSums(write.path, write.size, [...SENT, ...(family === "IPv4" ? ["output" as const] : [])]);
            assert.ok(write.path![SUM.l4]! <= write.nanos, "TCP's part is not more than the call");
            assert.ok(write.path![SUM.l3]! >= write.path![SUM.l2]!, "IP's part has the device's in it");
            const read = find(role, "read");
            checkSums(read.path, read.size, ["packets", "interface", "fromQueue"]);
          }
          // A packet that comes while its reader has the socket is TCP's only later: its times are not known.
          const reads = calls.filter(({ kind }) => kind === "read");
          for (const name of RECEIVED)
            assert.ok(
              reads.some(({ path }) => path![SUM[name]]! > 0),
              `${name} of ${JSON.stringify(reads)}`,
            );
          assert.equal(find("client", "write").size, find("server", "read").path?.[SUM.bytes]);
          assert.equal(find("server", "write").size, find("client", "read").path?.[SUM.bytes]);
        });
    });
});

const SENT = [
  "packets",
  "interface",
  "queued",
  "l2",
  "ready",
  "device",
  "l3",
  "local",
  "filter",
  "filterTime",
  "l4",
] as const;
const RECEIVED = [
  "packets",
  "interface",
  "toQueue",
  "fromQueue",
  "l3",
  "local",
  "output",
  "filter",
  "filterTime",
] as const;

/** All bytes of the call, and something in each of the named sums. */
function checkSums(path: PathSums | undefined, size: number, names: readonly (keyof typeof SUM)[]): void {
  assert.ok(path !== undefined, "it was looked at");
  assert.equal(path[SUM.bytes], size);
  for (const name of names) {
    const value = path[SUM[name]]!;
    assert.ok(value > 0 && value < 600e9, `${name} is ${value} in ${path}`);
  }
}
