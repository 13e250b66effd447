/** tapline convert as its users run it; `test/real/tshark-converted.test.ts` has Wireshark read the results. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { encodeTrace } from "../src/wire/envoy/index.ts";
import {
  buffered,
  createTraceFolder,
  event,
  HTTP_TRACE,
  pattern,
  socket,
  streamed,
  TAPLINE,
} from "./support/trace-folder.ts";

const { folder, remove, write, writeAs, run, convert } = createTraceFolder();
after(remove);

test("traces are converted without loading the analysis, which takes longer than they do", () => {
  const list = `import{registerHooks}from"node:module";registerHooks({load:(u,c,n)=>(console.error(u),n(u,c))})`;
  const input = write("light.pb", buffered([event("read", 1, "a")]));
  const args = ["../src/cli/main.ts", "convert", input, join(folder, "light.json")];
  const node = [`--import=data:text/javascript,${list}`, ...args];
  const { status, stderr } = spawnSync(process.execPath, node, { cwd: import.meta.dirname, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  const loaded = stderr.split("\n").filter((line) => line.includes("/src/analysis/"));
  assert.deepEqual(
    loaded.map((url) => url.replace(/.*\//, "")),
    ["personal-values.ts"],
  );
});

test("standard input becomes standard output, in any format", () => {
  const wrapper = buffered([event("read", 1, "hello")]);
  for (const [name, format] of [
    ["json", "JSON_BODY_AS_BYTES"],
    ["json-string", "JSON_BODY_AS_STRING"],
    ["pb-delimited", "PROTO_BINARY_LENGTH_DELIMITED"],
    ["proto_text", "PROTO_TEXT"],
  ] as const) {
    const { stdout, code } = run(["convert", "-o", name, "-", "-"], {}, encodeTrace(wrapper, "PROTO_BINARY"));
    assert.deepEqual(
      [code, stdout.toString("latin1")],
      [0, Buffer.from(encodeTrace(wrapper, format)).toString("latin1")],
    );
  }
});

test("the layout of connections stays as it was, unless another is asked for", () => {
  const wrapper = buffered([event("read", 1, "x")]);
  for (const layout of ["old", "new"] as const) {
    const bytes = encodeTrace(wrapper, "PROTO_BINARY", { layout });
    assert.deepEqual(run(["convert", "-o", "pb", "-", "-"], {}, bytes).stdout, Buffer.from(bytes));
    const other = layout === "old" ? "new" : "old";
    assert.deepEqual(
      run(["convert", "-o", "pb", "--layout", other, "-", "-"], {}, bytes).stdout,
      Buffer.from(encodeTrace(wrapper, "PROTO_BINARY", { layout: other })),
    );
  }
});

test("a damaged trace gives what is whole before the damage, says where and how much is lost, and fails", () => {
  const whole = encodeTrace(streamed(1n, event("read", 1, "hello")), "PROTO_BINARY_LENGTH_DELIMITED");
  const input = join(folder, "damaged.pb_length_delimited");
  writeFileSync(input, Buffer.concat([whole, whole.subarray(0, 20)]));
  const output = join(folder, "damaged.pcap");
  const { code, stderr } = run(["convert", input, output]);
  assert.equal(code, 1);
  assert.deepEqual(stderr.split("\n"), [
    `tapline: ${input}: at byte ${whole.length}: the trace ends inside a message of ${whole.length - 1} bytes, of which 19 are there`,
    `bytes: ${whole.length + 20} in = ${whole.length} handled + 20 dropped (cut 20)`,
    "",
  ]);
  assert.equal(statSync(output).size, 24 + 16 + 60);
});

test("bad input, output and usage each give one line and leave nothing behind", () => {
  const good = write("good.pb", buffered([event("read", 1, "x")]));
  const bad = join(folder, "bad.pb");
  writeFileSync(bad, "GIF89a");
  const http = write("bad-http.pb", HTTP_TRACE);
  const large = write("bad-large.pb", streamed(1n, event("read", 1, pattern(1000, 1))));
  const target = join(folder, "target");
  mkdirSync(target);
  const other = join(folder, "other.json");
  writeFileSync(other, '{"resourceSpans":[],"other":{"a":1}}');
  const text = join(folder, "bad.pb_text");
  writeFileSync(text, "socket_buffered_trace {\n  trace_id: x\n}\n");
  for (const [args, code, message] of [
    [[bad, join(target, "a.pcap")], 1, /bad\.pb: at byte 0: this is no trace of Envoy's/],
    [[other, join(target, "a.pcap")], 1, /other\.json: this is no trace of Envoy's: none of its fields is known/],
    [[text, join(target, "a.pcap")], 1, /bad\.pb_text:2:13: 'x' is no value for 'trace_id', which is a whole number/],
    [[join(folder, "none.pb"), join(target, "a.pcap")], 1, /none\.pb: there is no such file/],
    [[good, join(target, "none/a.pcap")], 1, /a\.pcap: cannot be written \(there is no such directory\)/],
    [[good, target], 2, /does not say what to write; add -o/],
    [["-o", "pcap", good, target], 1, /target: this is a directory/],
    [["-o", "gif", good, join(target, "a")], 2, /-o gif: there is no such format; expected one of pcap/],
    [["--handshake", good, join(target, "a.json")], 2, /are about packets/],
    [
      ["--mss", "0", good, join(target, "a.pcap")],
      2,
      /--mss <bytes>' argument '0' is invalid. Expected a number of bytes above 0/,
    ],
    [["-o", "capture-pb", http, join(target, "a")], 1, /1 messages are no buffered socket traces/],
    [["--max-message", "100", large, join(target, "a.json")], 1, /over the limit/],
    [["-o", "pcap", good, "/dev/full"], 1, /\/dev\/full: cannot be written \(the disk is full\)/],
    [[good], 2, /expected one input at least, and an output/],
  ] as const) {
    const result = run(["convert", ...args]);
    assert.equal(result.code, code, result.stderr);
    assert.match(result.stderr.split("\n")[0]!, message);
    assert.deepEqual(readdirSync(target), [], args.join(" "));
  }
});

test("a result is its owner's alone, and replaces what had its name when it is whole", () => {
  const input = write("mine.pb", buffered([event("read", 1, "x")]));
  const output = join(folder, "mine.pcap");
  writeFileSync(output, "old", { mode: 0o644 });
  assert.equal(run(["convert", "--force", input, output]).code, 0);
  assert.equal(statSync(output).mode & 0o777, 0o600);
  assert.equal(readFileSync(output).readUInt32LE(0), 0xa1b2c3d4);
});

test("an interrupted conversion leaves nothing behind", async () => {
  const target = join(folder, "interrupted");
  mkdirSync(target);
  const child = spawn(TAPLINE, ["convert", "-", join(target, "a.pcap")], { stdio: ["pipe", "ignore", "ignore"] });
  child.stdin.write(encodeTrace(streamed(1n, event("read", 1, pattern(100_000, 1))), "PROTO_BINARY_LENGTH_DELIMITED"));
  for (let attempt = 0; attempt < 2400 && readdirSync(target).length === 0; attempt++) await delay(50);
  assert.equal(readdirSync(target).length, 1, "it writes under another name");
  const ended = new Promise((resolve) => child.once("close", resolve));
  child.kill("SIGINT");
  assert.equal(await ended, 130);
  assert.deepEqual(readdirSync(target), []);
});

describe("under the names of Envoy's tools what a tap cut leaves no hole", () => {
  const cut = { truncated: true };
  const events = [
    event("read", 1, "GET / HT", cut),
    event("write", 2, "HTTP/1", cut),
    event("read", 3, "TP", cut),
    event("write", 4, ".1 2", cut),
  ];
  const buffers = buffered(events, socket("127.0.0.1", 10000));
  const stream = [
    event("read", 1, "GET / HT", { ...cut, seqNum: 1n }),
    event("write", 2, "HTTP/1", { ...cut, seqNum: 1001n }),
    event("read", 3, "TP", { seqNum: 2001n }),
    event("write", 4, ".1 2", { seqNum: 3001n }),
  ].map((each) => streamed(5n, each));
  for (const [name, ...wrappers] of [
    ["seamless.pb", buffers],
    ["seamless.pb_text", buffers],
    ["seamless.json", buffers],
    ["seamless.pb_length_delimited", ...stream],
  ] as const)
    test(name, () => {
      const input = name.endsWith("delimited")
        ? writeAs(name, "PROTO_BINARY_LENGTH_DELIMITED", ...wrappers)
        : write(name, ...wrappers);
      for (const command of ["tap2pcap", "capture2pcap"]) {
        const output = join(folder, "seamless.pcap");
        assert.equal(run([command, input, output]).code, 0);
        assert.deepEqual(listSegments(output), ["0 0 8", "0 8 6", "8 6 2", "6 10 4"], command);
      }
      assert.notDeepEqual(listSegments(convert(input, "holes.pcap")).slice(0, 4), [
        "0 0 8",
        "0 8 6",
        "8 6 2",
        "6 10 4",
      ]);
    });
});

/** The sequence number, the acknowledgment and the payload's length of each frame (Ethernet, IPv4) of a classic pcap. */
function listSegments(path: string): string[] {
  const file = readFileSync(path);
  const segments: string[] = [];
  for (let at = 24; at < file.length; at += 16 + file.readUInt32LE(at + 8)) {
    const ip = at + 16 + 14;
    segments.push(`${file.readUInt32BE(ip + 24)} ${file.readUInt32BE(ip + 28)} ${file.readUInt16BE(ip + 2) - 40}`);
  }
  return segments;
}

for (const [kind, files, length] of [
  ["small ones", 300, 0],
  // They are not read as a whole when they are opened.
  ["large ones", 120, 70_000],
] as const)
  test(`a folder of more files than may be open is read one after the other, by every command that reads files: ${kind}`, () => {
    const many = join(folder, `many-${length}`);
    mkdirSync(many);
    const trace = buffered([
      event("read", 1, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
      event("write", 2, `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n${"x".repeat(length)}`),
    ]);
    for (let i = 0; i < files; i++) writeFileSync(join(many, `t_${i}.pb`), readFileSync(write("one.pb", trace)));
    const run = (...args: string[]) => {
      const { status, stdout, stderr } = spawnSync(
        "bash",
        ["-c", 'ulimit -n 100; exec "$@"', "bash", TAPLINE, ...args],
        {
          encoding: "utf8",
          timeout: 120_000,
        },
      );
      assert.equal(status, 0, stderr);
      return stdout;
    };
    const all = join(folder, `many-${length}.pb_length_delimited`);
    run("convert", many, all);
    const codes = "200\n".repeat(files);
    assert.equal(run("read", all, "-q", "-T", "fields", "-e", "response.code"), codes);
    assert.equal(run("read", many, "-q", "-T", "fields", "-e", "response.code"), codes);
    assert.match(run("summary", many), new RegExp(`^${files - 1} further views `, "m"));
  });
