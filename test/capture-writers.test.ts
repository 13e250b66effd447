import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Endpoint, Timestamp } from "../src/model/index.ts";
import { SyntheticConnection } from "../src/wire/packet/index.ts";
import { PcapngWriter, PcapWriter } from "../src/wire/pcap/index.ts";
import { skipUnless } from "./support/needs.ts";

const folder = mkdtempSync(join(tmpdir(), "tapline-"));
after(() => rmSync(folder, { recursive: true }));
const skip = skipUnless("tshark");

const LOCAL: Endpoint = { kind: "ip", address: "2001:db8::1", port: 8080 };
const REMOTE: Endpoint = { kind: "ip", address: "2001:db8::2", port: 40_000 };
const at = (nanos: number): Timestamp => ({ seconds: 1_700_000_000, nanos });

function tshark(bytes: Uint8Array, ...args: string[]): string[] {
  const path = join(folder, "capture");
  writeFileSync(path, bytes);
  const output = execFileSync("tshark", ["-r", path, ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return output.trimEnd().split("\n");
}

test("tshark reads what the pcapng writer wrote: interfaces, times, directions, comments", { skip }, () => {
  const writer = new PcapngWriter({ application: "tapline", comment: "a section" });
  writer.addInterface({ name: "downstream", linkType: 1, resolution: "nanoseconds" });
  writer.addInterface({ name: "upstream", linkType: 101, resolution: "microseconds", snapLength: 0 });
  writer.writeTlsSecrets(new TextEncoder().encode("CLIENT_RANDOM 00 11\n"));
  for (let size = 0; size < 5; size++)
    writer.writePacket(at(123_456_789), new Uint8Array(size), 0, size, 100, {
      interfaceId: size % 2,
      direction: size < 3 ? "inbound" : "outbound",
      ...(size === 4 ? { comments: ["one", "zwölf"] } : {}),
    });
  const fields = [
    "frame.interface_name",
    "frame.time_epoch",
    "frame.cap_len",
    "frame.len",
    "frame.packet_flags_direction",
  ];
  const rows = tshark(writer.take(), "-T", "fields", ...[...fields, "frame.comment"].flatMap((field) => ["-e", field]));
  assert.deepEqual(rows, [
    "downstream\t1700000000.123456789\t0\t100\t0x00000001\t",
    "upstream\t1700000000.123456000\t1\t100\t0x00000001\t",
    "downstream\t1700000000.123456789\t2\t100\t0x00000001\t",
    "upstream\t1700000000.123456000\t3\t100\t0x00000002\t",
    "downstream\t1700000000.123456789\t4\t100\t0x00000002\tone,zwölf",
  ]);
});

test("tshark follows a synthetic conversation, with valid checksums and without a complaint", { skip }, () => {
  const writer = new PcapWriter();
  const connection = new SyntheticConnection(writer, LOCAL, REMOTE, { handshake: true });
  const request = new TextEncoder().encode(`GET / HTTP/1.1\r\nx: ${"y".repeat(3000)}\r\n\r\n`);
  const response = new TextEncoder().encode(`HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n${"z".repeat(100_000)}`);
  connection.open(at(1000));
  connection.data(at(2000), "read", request, 0, request.length);
  connection.data(at(3000), "write", response, 0, response.length);
  connection.close(at(4000), "fin");
  const bytes = writer.take();
  const checks = ["-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE"];
  assert.deepEqual(tshark(bytes, ...checks, "-Y", "_ws.expert.severity >= 0x600000"), [""]);
  assert.deepEqual(
    tshark(bytes, "-Y", "http", "-T", "fields", "-e", "http.response.code", "-e", "http.file_data").length,
    2,
  );
  assert.deepEqual(tshark(bytes, "-Y", "http.response", "-T", "fields", "-e", "http.content_length"), ["100000"]);
  const followed = tshark(bytes, "-q", "-z", "follow,tcp,raw,0").slice(6, -1);
  const sent = (indented: boolean) =>
    Buffer.from(
      followed
        .filter((line) => line.startsWith("\t") === indented)
        .join("")
        .replaceAll("\t", ""),
      "hex",
    );
  assert.deepEqual([sent(false), sent(true)], [Buffer.from(request), Buffer.from(response)]);
});

test("tshark shows the hole that missing bytes leave", { skip }, () => {
  const writer = new PcapWriter();
  const connection = new SyntheticConnection(writer, LOCAL, REMOTE, { handshake: true });
  connection.data(at(0), "read", new Uint8Array(10), 0, 10);
  connection.gap("read", 5000, "truncated");
  connection.data(at(1000), "read", new Uint8Array(10), 0, 10);
  connection.close(at(2000), "fin");
  const bytes = writer.take();
  assert.equal(tshark(bytes, "-Y", "tcp.analysis.lost_segment").length, 1);
  assert.ok(
    tshark(bytes, "-q", "-z", "follow,tcp,ascii,0").join("\n").includes("[5000 bytes missing in capture file]"),
  );
});
