/** An output is never one of the inputs, and what stands in a pipe is not given up. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { openInput } from "../src/source/capture-file/index.ts";
import { SyntheticConnection } from "../src/wire/packet/index.ts";
import { PcapWriter } from "../src/wire/pcap/index.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const TAPLINE = join(import.meta.dirname, "../bin/tapline");
const { path: folder, remove } = makeTemporaryFolder();
after(remove);

const CAPTURE = writeCapture(["/one", "/two", "/three"]);
const TRACE = JSON.stringify({
  http_buffered_trace: {
    request: {
      headers: [
        { key: ":method", value: "GET" },
        { key: ":path", value: "/" },
      ],
    },
  },
});

/** A capture of one request a connection. */
function writeCapture(paths: readonly string[]): Buffer {
  const writer = new PcapWriter({ resolution: "nanoseconds" });
  paths.forEach((path, index) => {
    const end = (address: string, port: number) => ({ kind: "ip", address, port }) as const;
    const connection = new SyntheticConnection(writer, end("10.0.0.2", 80), end("10.0.0.1", 1000 + index), {
      handshake: true,
    });
    const time = { seconds: 1_700_000_000 + index, nanos: 0 };
    const say = (direction: "read" | "write", text: string) =>
      connection.data(time, direction, Buffer.from(text), 0, text.length);
    connection.open(time);
    say("read", `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    say("write", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    connection.close(time, "fin");
  });
  return Buffer.from(writer.take());
}

/** A folder of its own with a capture, two traces, and links to the capture. */
function prepare(name: string): (file: string) => string {
  const at = join(folder, name);
  mkdirSync(at);
  const file = (one: string) => join(at, one);
  writeFileSync(file("t.pcap"), CAPTURE);
  writeFileSync(file("a.json"), TRACE);
  writeFileSync(file("b.json"), TRACE.replace('"/"', '"/b"'));
  linkSync(file("t.pcap"), file("hard.pcap"));
  symlinkSync("t.pcap", file("soft.pcap"));
  return file;
}

function run(args: readonly string[], stdin: "ignore" | number = "ignore") {
  const { status, stderr } = spawnSync(TAPLINE, args, { encoding: "utf8", stdio: [stdin, "ignore", "pipe"] });
  return { status, stderr };
}

describe("an output that is an input is refused", () => {
  const CASES: readonly (readonly [name: string, args: readonly string[], kept: string])[] = [
    ["read -w of what is read", ["read", "t.pcap", "-q", "-Y", "599", "-w", "t.pcap"], "t.pcap"],
    ["by another way to it", ["read", "t.pcap", "-w", "../by-another-way-to-it/./t.pcap"], "t.pcap"],
    ["through a hard link", ["read", "t.pcap", "-w", "hard.pcap"], "t.pcap"],
    ["through a symbolic link", ["read", "t.pcap", "-w", "soft.pcap"], "t.pcap"],
    ["of a symbolic link", ["read", "soft.pcap", "-w", "t.pcap"], "t.pcap"],
    ["one of several", ["read", "t.pcap", "b.json", "-w", "b.json"], "b.json"],
    ["exchanges", ["convert", "--force", "t.pcap", "-o", "har", "t.pcap"], "t.pcap"],
    ["records", ["convert", "--force", "a.json", "b.json", "b.json"], "b.json"],
    ["under the name of Envoy's tool", ["tap2pcap", "a.json", "a.json"], "a.json"],
    ["a key log", ["read", "t.pcap", "--keylog", "b.json", "-w", "b.json"], "b.json"],
    ["a key of marks", ["read", "t.pcap", "--redact-key", "b.json", "-w", "b.json"], "b.json"],
    [
      "a key of marks, converted",
      ["convert", "--force", "--redact-key", "b.json", "t.pcap", "-o", "har", "b.json"],
      "b.json",
    ],
    ["a certificate", ["receive-taps", "--send-ca", "b.json", "-w", "b.json"], "b.json"],
    ["a recording", ["monitor", "-i", "b.json", "--record", "b.json"], "b.json"],
  ];
  for (const [name, args, kept] of CASES)
    test(name, () => {
      const file = prepare(name.replaceAll(/\W+/g, "-"));
      const before = readFileSync(file(kept));
      const { status, stderr } = spawnSync(TAPLINE, args, { encoding: "utf8", cwd: file(".") });
      assert.equal(status, 2, stderr);
      assert.match(stderr, /an input: it would be lost|the same file as the input/);
      assert.deepEqual(readFileSync(file(kept)), before);
      assert.equal(readdirSync(file(".")).length, 5);
    });

  test("the standard input, where it is that file", () => {
    const file = prepare("stdin");
    const { status } = run(["read", "-", "-w", file("hard.pcap")], openSync(file("t.pcap"), "r"));
    assert.equal(status, 2);
    assert.deepEqual(readFileSync(file("t.pcap")), CAPTURE);
  });
});

describe("a standard output that is an input is refused", () => {
  for (const args of [
    ["read", "t.pcap"],
    ["read", "soft.pcap", "-o", "json"],
    ["read", "b.json", "t.pcap", "-T", "fields", "-e", "url"],
    ["read", "t.pcap", "-w", "new.pcap", "-P"],
    ["summary", "t.pcap"],
    ["diff", "b.json", "hard.pcap"],
    ["audit", "t.pcap"],
    ["convert", "t.pcap", "-o", "har", "-"],
    ["convert", "a.json", "t.pcap", "-o", "pcapng", "-"],
    ["monitor", "-i", "t.pcap"],
    ["read", "-"],
  ])
    test(args.join(" "), () => {
      const file = prepare(args.join("-").replaceAll(/\W+/g, "-"));
      for (const flag of ["a", "r+"]) {
        const out = openSync(file("hard.pcap"), flag);
        const stdin = args[1] === "-" ? openSync(file("t.pcap"), "r") : "ignore";
        const { status, stderr } = spawnSync(TAPLINE, args, {
          encoding: "utf8",
          cwd: file("."),
          stdio: [stdin, out, "pipe"],
        });
        assert.equal(status, 2, stderr);
        assert.match(stderr, /the standard output is the same file as the input/);
        assert.deepEqual(readFileSync(file("t.pcap")), CAPTURE);
      }
    });

  test("one that is another file, beside a standard input that is one, is not", () => {
    const file = prepare("stdout-and-stdin");
    const out = openSync(file("out.ndjson"), "w");
    const stdio = [openSync(file("t.pcap"), "r"), out, "pipe"] as const;
    const { status, stderr } = spawnSync(TAPLINE, ["convert", "-", "-o", "ndjson", "-"], {
      encoding: "utf8",
      stdio: [...stdio],
    });
    assert.equal(status, 0, stderr.toString());
    assert.equal(readFileSync(file("out.ndjson"), "utf8").trim().split("\n").length, 3);
  });
});

describe("a standard error that is an input is refused, and nothing is said there", () => {
  for (const args of [
    ["read", "t.pcap"],
    ["read", "b.json", "soft.pcap", "-w", "new.pcap"],
    ["read", "b.json", "--keylog", "t.pcap"],
    ["summary", "t.pcap"],
    ["diff", "b.json", "hard.pcap"],
    ["audit", "t.pcap"],
    ["view", "t.pcap"],
    ["wasm", "none.wasm", "--replay", "t.pcap"],
    ["convert", "t.pcap", "new.har"],
    ["convert", "a.json", "t.pcap", "new.pcapng"],
    ["convert", "none.json", "t.pcap", "new.pcapng"],
    ["monitor", "-i", "t.pcap"],
    ["read", "-"],
  ])
    test(args.join(" "), () => {
      const file = prepare(`stderr-${args.join("-").replaceAll(/\W+/g, "-")}`);
      const err = openSync(file("hard.pcap"), "a");
      const stdin = args[1] === "-" ? openSync(file("t.pcap"), "r") : "ignore";
      const run = (out: "pipe" | number) =>
        spawnSync(TAPLINE, args, { encoding: "utf8", cwd: file("."), stdio: [stdin, out, err], timeout: 30_000 });
      const { status, stdout } = run("pipe");
      assert.equal(status, 2, stdout);
      assert.match(stdout, /the standard error is the same file as the input/);
      assert.equal(run(err).status, 2, "where the output goes into it too, nobody is told");
      assert.deepEqual(readFileSync(file("t.pcap")), CAPTURE);
    });
});

describe("an output that exists", () => {
  test("convert refuses it: the output may have been forgotten", () => {
    const file = prepare("forgotten");
    const before = readFileSync(file("b.json"));
    const { status, stderr } = run(["convert", file("a.json"), file("b.json")]);
    assert.equal(status, 2);
    assert.match(stderr, /b\.json: this file exists; --force replaces it/);
    assert.deepEqual(readFileSync(file("b.json")), before);
    assert.equal(run(["convert", "--force", file("a.json"), file("b.json")]).status, 0);
    assert.notDeepEqual(readFileSync(file("b.json")), before);
  });

  test("read -w and Envoy's tools replace it", () => {
    const file = prepare("replaced");
    writeFileSync(file("old.pcap"), "old");
    assert.equal(run(["read", file("t.pcap"), "-w", file("old.pcap")]).status, 0);
    assert.ok(readFileSync(file("old.pcap")).length > 100);
    writeFileSync(file("old.pcap"), "old");
    assert.equal(run(["tap2pcap", file("a.json"), file("old.pcap")]).status, 0);
    assert.ok(readFileSync(file("old.pcap")).length > 3);
  });

  test("a symbolic link stays one, and what it leads to is written", () => {
    const file = prepare("links");
    mkdirSync(file("inner"));
    symlinkSync("inner/target.pcap", file("out.pcap"));
    for (const _ of ["made", "replaced"]) {
      assert.equal(run(["read", file("t.pcap"), "-w", file("out.pcap")]).status, 0);
      assert.ok(lstatSync(file("out.pcap")).isSymbolicLink());
      assert.equal(readlinkSync(file("out.pcap")), "inner/target.pcap");
      assert.ok(readFileSync(file("inner/target.pcap")).length > 100);
      assert.deepEqual(readdirSync(file("inner")), ["target.pcap"]);
    }
    symlinkSync("loop.pcap", file("loop.pcap"));
    assert.equal(run(["read", file("t.pcap"), "-w", file("loop.pcap")]).status, 1);
  });
});

describe("^C while a pipe is read", () => {
  async function read(): Promise<{ child: ReturnType<typeof spawn>; output: () => string; lines: () => number }> {
    const child = spawn(TAPLINE, ["read", "-", "-o", "ndjson"], { stdio: ["pipe", "pipe", "pipe"] });
    let output = "";
    child.stdout!.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
    child.stderr!.resume();
    return { child, output: () => output, lines: () => output.split("\n").length - 1 };
  }

  test("what comes after it, up to the pipe's end, is shown", async () => {
    const { child, lines } = await read();
    const first = writeCapture(["/one"]).length;
    child.stdin!.write(CAPTURE.subarray(0, first));
    await once(child.stdout!, "data");
    const ended = once(child, "close");
    child.kill("SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 100));
    child.stdin!.end(CAPTURE.subarray(first));
    assert.deepEqual(await ended, [130, null]);
    assert.equal(lines(), 3);
  });

  test("a pipe that stays silent, and a second ^C, end it", async () => {
    for (const signals of [1, 2]) {
      const { child, lines } = await read();
      child.stdin!.write(CAPTURE.subarray(0, -40));
      await once(child.stdout!, "data");
      const ended = once(child, "close");
      for (let i = 0; i < signals; i++) {
        child.kill("SIGINT");
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      assert.deepEqual(await ended, [130, null]);
      assert.equal(lines(), 3);
    }
  });
});

describe("a pipe that has a path", () => {
  const shell = (command: string) =>
    spawnSync("bash", ["-c", command], { encoding: "utf8", env: { ...process.env, TAPLINE } });

  test("is read twice where packets are written, and once where exchanges are", async (context) => {
    const folder = makeTemporaryFolder();
    context.after(folder.remove);
    const file = (name: string) => join(folder.path, name);
    writeFileSync(file("in.pcap"), CAPTURE);
    for (const command of ["read -q -w OUT", "convert IN OUT"])
      for (const out of ["a.pcap", "a.har"]) {
        const input = `<(cat ${file("in.pcap")})`;
        const words = command.includes("IN") ? command.replace("IN", input) : `${command} ${input}`;
        const { status, stderr } = shell(`"$TAPLINE" ${words.replace("OUT", file(`${command.slice(0, 4)}-${out}`))}`);
        assert.equal(status, 0, stderr);
        const written = readFileSync(file(`${command.slice(0, 4)}-${out}`));
        if (out === "a.pcap") assert.deepEqual(written, Buffer.from(CAPTURE));
        else assert.equal(JSON.parse(written.toString()).log.entries.length, 3);
      }
    assert.deepEqual(readdirSync(folder.path).length, 5);
  });

  test("^C drains it, and ends the waiting for somebody to write", async (context) => {
    const folder = makeTemporaryFolder();
    context.after(folder.remove);
    const path = join(folder.path, "fifo");
    assert.equal(spawnSync("mkfifo", [path]).status, 0);
    const child = spawn(TAPLINE, ["read", path, "-o", "ndjson"], { stdio: ["ignore", "pipe", "ignore"] });
    let output = "";
    child.stdout!.setEncoding("utf8").on("data", (text) => {
      output += text;
    });
    const first = writeCapture(["/one"]).length;
    const writer = await open(path, "w");
    await writer.write(CAPTURE.subarray(0, first));
    await once(child.stdout!, "data");
    const ended = once(child, "close");
    child.kill("SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 100));
    await writer.write(CAPTURE.subarray(first));
    await writer.close();
    assert.deepEqual(await ended, [130, null]);
    assert.equal(output.split("\n").length - 1, 3);

    const controller = new AbortController();
    const opening = openInput(path, { signal: controller.signal });
    setImmediate(() => controller.abort());
    assert.equal((await opening).head.length, 0);
  });
});
