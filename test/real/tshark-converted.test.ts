/** tshark reads what `tapline convert` makes of traces. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { skipUnless } from "../support/needs.ts";
import { buffered, createTraceFolder, event, HTTP_TRACE, pattern, socket, streamed } from "../support/trace-folder.ts";

const { folder, remove, write, writeAs, run, convert } = createTraceFolder();
after(remove);

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
    const output = join(folder, "times.pcap");
    run(["convert", "--force", input, output], { TZ: "America/New_York" });
    assert.deepEqual(tshark(output, "-T", "fields", "-e", "frame.time_epoch"), [
      "1700000000.000000000",
      "1700000001.000000000",
    ]);
  });

  test("an HTTP trace is an HTTP/1 conversation", () => {
    const output = convert(write("http.pb_text", HTTP_TRACE), "http.pcapng", "--handshake");
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
        buffered([event("read", index, `from ${index}`)], socket("127.0.0.1", 10000), socket("10.0.0.9", 1000 + index)),
      ),
    );
    const output = join(folder, "many.pcap");
    run(["convert", "-o", "pcap", ...inputs, output]);
    assert.deepEqual(
      tshark(output, "-T", "fields", "-e", "tcp.stream", "-e", "tcp.srcport", "-e", "tcp.payload"),
      inputs.map((_, index) => `${index}\t${1000 + index}\t${Buffer.from(`from ${index}`).toString("hex")}`),
    );
  });
});

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
