/** What once stalled the proxy, was kept, or led it to itself: each small program and input of the findings, as its README says that it is right. */
import assert from "node:assert/strict";
import { execFile, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { createCertificates } from "../support/certificates.ts";
import { sharedData, skipUnless } from "../support/needs.ts";
import { answer, type Planted } from "../support/planted/shape.ts";
import { capturePlanted } from "../support/planted/write-planted.ts";
import { type StartedProgram, startProgram, waitForPort } from "../support/processes.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

const { path, skip } = sharedData("findings");
const PROJECT = join(import.meta.dirname, "../..");
const PROGRAM = join(PROJECT, "bin/tapline");
const folder = makeTemporaryFolder();
after(folder.remove);
const run = promisify(execFile);

describe("with no connection open nothing is held", { skip: skip || skipUnless("openssl") }, () => {
  // Connections may stay: of a service that never ends. A file that many traces share is open until the proxy ends.
  const isHeld = (name: string): boolean =>
    /\.buffered$|used_bytes$|faults$/.test(name) && !name.endsWith("trace-files.buffered");

  for (const name of ["leak", "admleak", "book", "openssl-zombie"])
    test(`live/${name}.mjs`, async () => {
      const { stdout } = await run(process.execPath, [join(path, "live", `${name}.mjs`)], { cwd: PROJECT });
      const reports = [...stdout.matchAll(/^(.*?) ?(\{".*|\{\})$/gm)].map(([, what, held]) => [
        what,
        JSON.parse(held!),
      ]);
      assert.ok(reports.length > 0, stdout);
      for (const [what, held] of reports)
        assert.deepEqual(Object.keys(held as object).filter(isHeld), [], what as string);
      assert.match(stdout, /code: 0/);
      const descriptors = /fds (\d+) -> (\d+)/.exec(stdout);
      if (name === "openssl-zombie") assert.equal(descriptors?.[1], descriptors?.[2], stdout);
    });

  test("ledger/orphan-response-leak", { skip: skipUnless("python3") }, async () => {
    const proxy = await startFinding("ledger/orphan-response-leak.yaml", 28502);
    const { stdout } = await run("python3", [join(path, "ledger/orphan-response-leak.py")]);
    assert.doesNotMatch(stdout, /LEAK/);
    assert.ok((stdout.match(/^ok/gm)?.length ?? 0) >= 20, stdout);
    assert.equal(await proxy.stop(), 0, proxy.output());
  });

  test("envoy/tls-short-garbage", { skip: skipUnless("python3") }, async () => {
    const proxy = await startFinding("envoy/tlsprobe.yaml", 21198);
    for (const bytes of ['b"\\n"', 'b"\\x16\\x03"', 'b"GET "'])
      for (const late of [[], ["late"]]) {
        const { stdout } = await run("python3", [join(path, "envoy/tls-short-garbage.py"), bytes, ...late]);
        assert.match(stdout, /downstream_cx_active: 0'\]\n$/, stdout);
        assert.doesNotMatch(stdout, /active: [1-9]/, "closed at once");
      }
    assert.equal(await proxy.stop(), 0, proxy.output());
  });
});

describe("guards", { skip }, () => {
  test("guards/ssrf-mapped-loop.yaml", async () => {
    const proxy = await startFinding("guards/ssrf-mapped-loop.yaml", 25001);
    const stats = async () => (await fetch("http://127.0.0.1:25002/stats")).text();
    await until(async () => (await stats()).includes("downstream_cx_active: 0"));
    const told = await stats();
    assert.match(told, /upstream_cx_loop_refused: [1-9]/);
    // One connection that waited for the port, and none that the proxy opened.
    assert.match(told, /25001\.downstream_cx_total: 1$/m);
    await proxy.stop();
  });

  test("guards/symlink.yaml", async () => {
    const target = join(folder.path, "precious");
    writeFileSync(target, "precious");
    const work = join(folder.path, "symlink");
    mkdirSync(join(work, "taps"), { recursive: true });
    for (const name of ["a_0.json.partial", "a_0.json", "a_1.json.partial", "a_1.json"])
      symlinkSync(target, join(work, "taps", name));
    const service = createServer((socket) => socket.on("error", () => {}).end("hello")).listen(25143, "127.0.0.1");
    const proxy = await startFinding("guards/symlink.yaml", 25151, work);
    const client = connect({ port: 25151, host: "127.0.0.1" });
    await once(client.resume(), "close");
    await proxy.stop();
    service.close();
    assert.equal(readFileSync(target, "utf8"), "precious");
    // The two traces got names of their own.
    const files = readdirSync(join(work, "taps")).filter((name) => lstatSync(join(work, "taps", name)).isFile());
    assert.equal(files.length, 2, files.join(" "));
  });
});

describe("small bodies that are large when decoded", { skip }, () => {
  const MEBIBYTE = 1024 * 1024;
  for (const [name, coding] of Object.entries({ "brotli-317B.br": "br", "zstd-12819B.zst": "zstd" })) {
    const capture = (count: number): string => {
      const bomb = readFileSync(join(path, "decompression", name));
      const pieces = answer("text/plain", bomb, `Content-Encoding: ${coding}`);
      const file = join(folder.path, `${coding}-${count}.pcap`);
      writeFileSync(file, capturePlanted(new Array<Planted>(count).fill({ name, pieces, texts: [] })));
      return file;
    };

    test(`decompression/${name} is decoded up to the limit`, () => {
      const { output } = readMeasured(["-o", "ndjson", capture(1)]);
      assert.match(output, /"problems":\["decompression-limit"\]/);
      assert.match(output, /"text":"(?:\\u0000|.){100000}/);
    });

    test(`decompression/${name}, 30 times, keeps within the memory`, () => {
      const { peak } = readMeasured(["-o", "json", "--memory", String(64 * MEBIBYTE), capture(30)], "/dev/null");
      // Node takes 60 MiB itself, and its collector lets as much lie about as it is given.
      assert.ok(peak < 320 * MEBIBYTE, `${peak}`);
    });
  }
});

test("mid-stream/modbus-500-polls.pcap is read whole (that it takes time in proportion is test/linear-work.test.ts)", {
  skip,
}, () => {
  const { output } = readMeasured(["-o", "ndjson", join(path, "mid-stream/modbus-500-polls.pcap")]);
  assert.match(output, /^\{"type":"exchange"[^\n]*"protocol":"tcp"[^\n]*\n$/);
});

/** Starts the proxy of a finding, in a folder with the certificates that its README asks for, and waits for its port. */
async function startFinding(name: string, port: number, cwd = folder.path) {
  if (readFileSync(join(path, name), "utf8").includes("server.pem")) {
    const { certificate, key } = createCertificates(cwd).server;
    writeFileSync(join(cwd, "server.pem"), readFileSync(certificate));
    writeFileSync(join(cwd, "server.key"), readFileSync(key));
  }
  const proxy = startProgram(PROGRAM, ["proxy", "-c", join(path, name), "-l", "error"], { cwd });
  running.push(proxy);
  await waitForPort(port);
  return proxy;
}

const running: StartedProgram[] = [];
after(async () => {
  for (const proxy of running) await proxy.stop("SIGKILL");
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 600; turn++) {
    if (await isSo()) return;
    await delay(100);
  }
  throw new Error("waited in vain for a minute");
}

/** Runs `read`. @returns its output, and the most memory that the process had, in bytes */
function readMeasured(
  flags: readonly string[],
  target = join(folder.path, "output"),
): { output: string; peak: number } {
  const told = "data:text/javascript,process.on('exit',()=>console.error('peak',process.resourceUsage().maxRSS))";
  const descriptor = openSync(target, "w");
  const { stderr } = spawnSync(PROGRAM, ["read", "-q", ...flags], {
    encoding: "utf8",
    stdio: ["ignore", descriptor, "pipe"],
    env: { ...process.env, NODE_OPTIONS: `--import ${told}` },
  });
  closeSync(descriptor);
  const peak = Number(/^peak (\d+)$/m.exec(stderr)?.[1] ?? Number.NaN) * 1024;
  return { output: target === "/dev/null" ? "" : readFileSync(target, "utf8"), peak };
}
