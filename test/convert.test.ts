/** tapline convert as its users run it; Wireshark reads the results. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import {
  encodeTrace,
  type TraceAddress,
  type TraceEvent,
  type TraceFormat,
  type TraceWrapper,
} from "../src/wire/envoy/index.ts";
import { skipUnless } from "./support/needs.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const folder = makeTemporaryFolder();
after(folder.remove);
const TAPLINE = join(import.meta.dirname, "../bin/tapline");

const CHECKS = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"];
const FAULTS =
  "_ws.malformed || tcp.checksum.status == 0 || ip.checksum.status == 0 || _ws.expert.severity >= 0x600000";

describe("packets that tshark reads", { skip: skipUnless("tshark") }, () => {
  const request = pattern(200_000, 1);
  const response = pattern(70_001, 2);

  for (const [name, local, remote] of [
    ["IPv4", socket("127.0.0.1", 10000), socket("127.0.0.1", 50000)],
    ["IPv6", socket("2001:db8::1", 10000), socket("2001:db8::2", 50000)],
    ["mixed families", socket("2001:db8::1", 10000), socket("10.0.0.1", 50000)],
    ["pipes", { kind: "pipe", path: "/run/a" }, { kind: "pipe", path: "" }],
    ["no local address", undefined, socket("10.0.0.1", 443)],
  ] as const) {
    for (const handshake of [true, false]) {
      test(`large events, ${name}, ${handshake ? "with" : "without"} a handshake: the stream is whole`, () => {
        const input = write(
          "large.pb",
          buffered([event("read", 1, request), event("write", 2, response)], local, remote),
        );
        const output = convert(input, "large.pcapng", ...(handshake ? ["--handshake"] : []));
        assert.deepEqual(tshark(output, ...CHECKS, "-Y", FAULTS), []);
        const [sent, received] = follow(output);
        assert.ok(sent.equals(request) && received.equals(response));
        const longest = Math.max(...tshark(output, "-T", "fields", "-e", "tcp.len").map(Number));
        assert.ok(handshake ? longest <= 1460 : longest > 65_000, `segments of ${longest} bytes`);
      });
    }
  }

  test("what is known to be missing is a hole of that size, with a comment", () => {
    const input = write(
      "cut.json",
      ...[
        event("read", 1, "GET /", { seqNum: 1n, truncated: true }),
        event("write", 2, "HTTP/1.1 200", { seqNum: 1006n }),
        event("read", 3, "more", { seqNum: 1018n }),
      ].map((happened) => streamed(5n, happened)),
    );
    const output = convert(input, "cut.pcapng", "--handshake");
    assert.deepEqual(tshark(output, "-Y", "tcp.analysis.lost_segment").length, 1);
    assert.match(tshark(output, "-q", "-z", "follow,tcp,ascii,0").join("\n"), /\[1000 bytes missing in capture file\]/);
    assert.deepEqual(tshark(output, "-Y", 'frame.comment contains "missing"', "-T", "fields", "-e", "frame.comment"), [
      "1000 bytes are missing before this packet (truncated)",
    ]);
  });

  test("a buffered trace that the tap cut shows that, with and without a handshake", () => {
    const input = write("short.pb", buffered([event("read", 1, "GET ", { truncated: true })]));
    for (const options of [[], ["--handshake"]]) {
      const comments = tshark(convert(input, "short.pcapng", ...options), "-T", "fields", "-e", "frame.comment");
      assert.match(comments.join("\n"), /an unknown number of bytes is missing before this packet \(truncated\)/);
    }
  });

  test("times are in UTC whatever the time zone is, and whole seconds are no exception", () => {
    const input = write("times.pb", buffered([event("read", 1_700_000_000, "a"), event("write", 1_700_000_001, "b")]));
    const output = join(folder.path, "times.pcap");
    run(["convert", "--force", input, output], { TZ: "America/New_York" });
    assert.deepEqual(tshark(output, "-T", "fields", "-e", "frame.time_epoch"), [
      "1700000000.000000000",
      "1700000001.000000000",
    ]);
  });

  test("an HTTP trace is an HTTP/1 conversation", () => {
    const output = convert(write("http.pb_text", HTTP), "http.pcapng", "--handshake");
    assert.deepEqual(
      tshark(
        output,
        "-Y",
        "http",
        "-T",
        "fields",
        "-e",
        "http.request.uri",
        "-e",
        "http.response.code",
        "-e",
        "http.file_data",
      ),
      ["/submit\t\thello", "\t201\tworld and more"],
    );
    assert.deepEqual(tshark(output, "-Y", "_ws.malformed || _ws.expert.severity >= 0x600000"), []);
  });

  test("many inputs of any form go into one output, each connection apart", () => {
    const inputs = (
      ["PROTO_BINARY", "PROTO_TEXT", "JSON_BODY_AS_STRING", "PROTO_BINARY_LENGTH_DELIMITED"] as const
    ).map((format, index) =>
      writeAs(
        `many${index}`,
        format,
        buffered([event("read", index, `from ${index}`)], LOCAL, socket("10.0.0.9", 1000 + index)),
      ),
    );
    const output = join(folder.path, "many.pcap");
    run(["convert", "-o", "pcap", ...inputs, output]);
    assert.deepEqual(
      tshark(output, "-T", "fields", "-e", "tcp.stream", "-e", "tcp.srcport", "-e", "tcp.payload"),
      inputs.map((_, index) => `${index}\t${1000 + index}\t${Buffer.from(`from ${index}`).toString("hex")}`),
    );
  });
});

test("traces are converted without loading the analysis, which takes longer than they do", () => {
  const list = `import{registerHooks}from"node:module";registerHooks({load:(u,c,n)=>(console.error(u),n(u,c))})`;
  const input = write("light.pb", buffered([event("read", 1, "a")]));
  const args = ["../src/cli/main.ts", "convert", input, join(folder.path, "light.json")];
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
  const input = join(folder.path, "damaged.pb_length_delimited");
  writeFileSync(input, Buffer.concat([whole, whole.subarray(0, 20)]));
  const output = join(folder.path, "damaged.pcap");
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
  const bad = join(folder.path, "bad.pb");
  writeFileSync(bad, "GIF89a");
  const http = write("bad-http.pb", HTTP);
  const large = write("bad-large.pb", streamed(1n, event("read", 1, pattern(1000, 1))));
  const target = join(folder.path, "target");
  mkdirSync(target);
  const text = join(folder.path, "bad.pb_text");
  writeFileSync(text, "socket_buffered_trace {\n  trace_id: x\n}\n");
  for (const [args, code, message] of [
    [[bad, join(target, "a.pcap")], 1, /bad\.pb: at byte 0: this is no trace of Envoy's/],
    [[text, join(target, "a.pcap")], 1, /bad\.pb_text:2:13: 'x' is no value for 'trace_id', which is a whole number/],
    [[join(folder.path, "none.pb"), join(target, "a.pcap")], 1, /none\.pb: there is no such file/],
    [[good, join(target, "none/a.pcap")], 1, /a\.pcap: cannot be written \(there is no such directory\)/],
    [[good, target], 2, /does not say what to write; add -o/],
    [["-o", "pcap", good, target], 1, /target: this is a directory/],
    [["-o", "gif", good, join(target, "a")], 2, /there is no format 'gif'; use pcap/],
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
  const output = join(folder.path, "mine.pcap");
  writeFileSync(output, "old", { mode: 0o644 });
  assert.equal(run(["convert", "--force", input, output]).code, 0);
  assert.equal(statSync(output).mode & 0o777, 0o600);
  assert.equal(readFileSync(output).readUInt32LE(0), 0xa1b2c3d4);
});

test("an interrupted conversion leaves nothing behind", async () => {
  const target = join(folder.path, "interrupted");
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
        const output = join(folder.path, "seamless.pcap");
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

const LOCAL = socket("127.0.0.1", 10000);

const HTTP: TraceWrapper = {
  trace: {
    kind: "http-buffered",
    request: {
      headers: [
        { key: ":method", value: "POST" },
        { key: ":path", value: "/submit" },
        { key: ":authority", value: "example.com" },
      ],
      body: { asBytes: Buffer.from("hello"), truncated: false },
      trailers: [],
    },
    response: {
      headers: [{ key: ":status", value: "201" }],
      body: { asBytes: Buffer.from("world and more"), truncated: false },
      trailers: [{ key: "checksum", value: "7" }],
    },
  },
};

function buffered(
  events: TraceEvent[],
  local: TraceAddress | undefined = LOCAL,
  remote = socket("10.0.0.3", 50000) as TraceAddress,
): TraceWrapper {
  return {
    trace: {
      kind: "socket-buffered",
      traceId: 1n,
      connection: { ...(local === undefined ? {} : { localAddress: local }), remoteAddress: remote },
      events,
      readTruncated: events.some(({ kind, data }) => kind === "read" && data?.truncated),
      writeTruncated: false,
    },
  };
}

function streamed(traceId: bigint, happened: TraceEvent): TraceWrapper {
  return { trace: { kind: "socket-streamed", traceId, piece: { kind: "event", event: happened } } };
}

function event(
  kind: "read" | "write",
  seconds: number,
  data: string | Uint8Array,
  { truncated = false, ...rest }: { truncated?: boolean; seqNum?: bigint } = {},
): TraceEvent {
  const asBytes = typeof data === "string" ? Buffer.from(data) : data;
  return { kind, timestamp: { seconds, nanos: 0 }, data: { asBytes, truncated }, ...rest };
}

function socket(address: string, portValue: number): TraceAddress {
  return { kind: "socket", address, portValue };
}

function pattern(length: number, step: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, index) => (index * step + (index >> 8)) & 0xff));
}

/** Writes a trace in the format that its name's extension says. */
function write(name: string, ...wrappers: TraceWrapper[]): string {
  const format = name.endsWith(".json") ? "JSON_BODY_AS_BYTES" : name.endsWith("_text") ? "PROTO_TEXT" : "PROTO_BINARY";
  return writeAs(name, format, ...wrappers);
}

function writeAs(name: string, format: TraceFormat, ...wrappers: TraceWrapper[]): string {
  const path = join(folder.path, name);
  writeFileSync(path, Buffer.concat(wrappers.map((wrapper) => encodeTrace(wrapper, format))));
  return path;
}

function convert(input: string, name: string, ...options: string[]): string {
  const output = join(folder.path, name);
  const { code, stderr } = run(["convert", "--force", ...options, input, output]);
  assert.equal(code, 0, stderr);
  return output;
}

function run(args: readonly string[], env: Record<string, string> = {}, input?: Uint8Array) {
  const { status, stdout, stderr } = spawnSync(TAPLINE, args, {
    env: { ...process.env, ...env },
    ...(input === undefined ? {} : { input }),
  });
  return { code: status, stdout, stderr: stderr.toString() };
}

function tshark(path: string, ...args: string[]): string[] {
  const { stdout } = spawnSync("tshark", ["-r", path, ...args], { encoding: "utf8", maxBuffer: 1 << 28 });
  return stdout.split("\n").slice(0, -1);
}

/** The bytes that either end of the first stream sent: who spoke first, then the other. */
function follow(path: string): [Buffer, Buffer] {
  const lines = tshark(path, "-q", "-z", "follow,tcp,raw,0").slice(6, -1);
  const sent = (isIndented: boolean) =>
    Buffer.from(
      lines
        .filter((line) => line.startsWith("\t") === isIndented)
        .join("")
        .replaceAll("\t", ""),
      "hex",
    );
  return [sent(false), sent(true)];
}

test("a folder of more files than may be open is read one after the other, by every command that reads files", () => {
  const many = join(folder.path, "many");
  mkdirSync(many);
  const trace = buffered([
    event("read", 1, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
    event("write", 2, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
  ]);
  for (let i = 0; i < 300; i++) writeFileSync(join(many, `t_${i}.pb`), readFileSync(write("one.pb", trace)));
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync("bash", ["-c", 'ulimit -n 100; exec "$@"', "bash", TAPLINE, ...args], {
      encoding: "utf8",
      timeout: 120_000,
    });
    assert.equal(status, 0, stderr);
    return stdout;
  };
  run("convert", many, join(folder.path, "many.pb_length_delimited"));
  assert.equal(
    run("read", join(folder.path, "many.pb_length_delimited"), "-q", "-T", "fields", "-e", "response.code"),
    "200\n".repeat(300),
  );
  assert.equal(run("read", many, "-q", "-T", "fields", "-e", "response.code"), "200\n".repeat(300));
  assert.match(run("summary", many), /^299 further views /m);
});
