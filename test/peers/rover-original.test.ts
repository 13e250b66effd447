import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, realpathSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { whyNoKubernetes } from "../support/kubernetes.ts";
import { skipUnless } from "../support/needs.ts";
import type { Row } from "./rover-original/rows.ts";

const CACHE = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tapline");
/** The original, built from its sources, as `rover`, with its own configuration as `rover_configs.yaml`. */
const ROVER = join(CACHE, "peers/skywalking-rover");
const SECONDS = 1700;

const skip =
  skipUnless("qemu-system-x86_64", "busybox", "modprobe", "cpio", "ip", "nginx", "openssl") ||
  whyNoKubernetes() ||
  [ROVER, join(CACHE, "vm/kernel"), join(CACHE, "speakers-py")]
    .filter((path) => !existsSync(path))
    .map((path) => `missing: ${path}`)[0] ||
  false;

describe("beside the original Rover, in a virtual machine", { skip, timeout: 3 * SECONDS * 1000 }, () => {
  let theirs: Row[] = [];
  let ours: Row[] = [];

  before(async () => {
    const script = join(import.meta.dirname, "rover-original/guest.ts");
    const boot = join(import.meta.dirname, "../kernel/vm/boot");
    let output = "";
    // Emulated on several threads, code that V8 has just made crashes now and then: that is tried again.
    for (let boots = 0; boots === 0 || (boots < 3 && /^VM: ended with 1(?:32|33|34|39)/m.test(output)); boots++) {
      output = "";
      const child = spawn(boot, [realpathSync(process.execPath), script, String(SECONDS)], {
        stdio: ["ignore", "pipe", "inherit"],
        env: { ...process.env, MEMORY: "4096" },
      });
      child.stdout.setEncoding("latin1").on("data", (text: string) => {
        output += text;
      });
      await once(child, "close");
    }
    const [, packed] = /^VM: (H4s\S+)/m.exec(output) ?? assert.fail(output.slice(-4000));
    const rows = JSON.parse(gunzipSync(Buffer.from(packed!, "base64")).toString()) as Record<string, Row[][]>;
    [theirs, ours] = [rows["rover"]!.flat(), rows["agent"]!.flat()];
  });

  test("every exchange that it has, with the same facts", () => {
    const found = new Set(exchangesOf(ours));
    const asked = exchangesOf(theirs);
    assert.ok(asked.length >= 20, `${asked.length} exchanges`);
    assert.deepEqual(
      asked.filter((one) => !found.has(one)),
      [],
    );
    assert.ok(found.size > new Set(asked).size, "and those that it misses");
  });

  test("every call that it has", () => {
    const known = new Set(ours.map(placeOf));
    for (const kind of ["connect", "accept", "write"]) {
      // It takes what connects a datagram socket for a connection.
      const calls = theirs.filter((row) => row.kind === kind && known.has(placeOf(row)));
      assert.ok(calls.length > 5, `${calls.length} of ${kind}`);
      assert.deepEqual(
        missingOf(calls.map(describeCall), ours.filter((row) => row.kind === kind).map(describeCall)),
        [],
      );
    }
  });
});

/** Who, to whom, in which role. Of a pod with several processes it names any, and a process by its thread. */
function placeOf({ connection }: Row): string {
  const ends = [connection["local"], connection["remote"]] as { kubernetes?: Record<string, unknown> }[];
  const named = ends.map(({ kubernetes, ...rest }) => ({ ...rest, ...kubernetes, processName: undefined }));
  return JSON.stringify([...named, connection["role"]]);
}

/** Without bodies: those that it gives to answers without any, and to what follows a request at once, are none. */
function exchangesOf(rows: readonly Row[]): string[] {
  return rows
    .filter(({ kind }) => kind === "http")
    .map((row) => {
      const { request, response } = row.log as Record<"request" | "response", Record<string, unknown>>;
      const path = String(request["path"]).replace(/\?.*/, "");
      const sizes = [request["sizeOfHeadersBytes"], response["sizeOfHeadersBytes"]];
      return `${request["method"]} ${path} ${response["statusCode"]} ${sizes} ${placeOf(row)}`;
    });
}

/** Without bytes of packets: it counts none that are sent again. */
function describeCall(row: Row): string {
  return `${row.kind} ${row.log["syscall"]} ${row.log["success"]} ${placeOf(row)}`;
}

/** Those of a list with repetitions that another has not as often. */
function missingOf(wanted: readonly string[], found: readonly string[]): string[] {
  const left = [...found];
  return wanted.filter((one) => {
    const at = left.indexOf(one);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
