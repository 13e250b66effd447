import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { Timestamp } from "../../src/model/index.ts";
import { SyntheticConnection } from "../../src/wire/packet/index.ts";
import { PcapngWriter, PcapWriter } from "../../src/wire/pcap/index.ts";
import { sharedData, skipUnless } from "../support/needs.ts";

const envoy = sharedData("fixtures/envoy");

/** The events of the golden trace, taken from the packets that text2pcap made of them. */
function goldenEvents(): { time: Timestamp; direction: "read" | "write"; data: Uint8Array; header: string }[] {
  const frames = JSON.parse(readFileSync(join(envoy.path, "tap2pcap_h2_ipv4.frames.json"), "utf8"));
  const pcap = readFileSync(join(envoy.path, "tap2pcap_h2_ipv4.text2pcap-4.0.17.classic-us.pcap"));
  let offset = 24;
  return frames.map((frame: { ts: string; len: number; direction: string; headers_hex: string }) => {
    const data = pcap.subarray(offset + 16 + 54, offset + 16 + frame.len);
    offset += 16 + frame.len;
    const [seconds, nanos] = frame.ts.split(".").map(Number) as [number, number];
    return {
      time: { seconds, nanos },
      direction: frame.direction === "in" ? "read" : "write",
      data,
      header: frame.headers_hex,
    };
  });
}

const LOCAL = { kind: "ip", address: "127.0.0.1", port: 10000 } as const;
const REMOTE = { kind: "ip", address: "127.0.0.1", port: 53288 } as const;

test("the frames are text2pcap's, to the byte, and so is the classic file", { skip: envoy.skip }, () => {
  const writer = new PcapWriter();
  const connection = new SyntheticConnection(writer, LOCAL, REMOTE);
  for (const { time, direction, data } of goldenEvents()) connection.data(time, direction, data, 0, data.length);
  const golden = readFileSync(join(envoy.path, "tap2pcap_h2_ipv4.text2pcap-4.0.17.classic-us.pcap"));
  assert.deepEqual(Buffer.from(writer.take()), golden);
});

test("tshark prints the golden text of the nanosecond forms", { skip: envoy.skip || skipUnless("tshark") }, () => {
  const folder = mkdtempSync(join(tmpdir(), "tapline-"));
  const golden = readFileSync(join(envoy.path, "tap2pcap_h2_ipv4.txt"), "utf8");
  const pcapng = new PcapngWriter({ application: "tapline" });
  pcapng.addInterface({ name: "tap" });
  for (const [name, writer] of [
    ["ns.pcap", new PcapWriter({ resolution: "nanoseconds" })],
    ["ns.pcapng", pcapng],
  ] as const) {
    const connection = new SyntheticConnection(writer, LOCAL, REMOTE);
    for (const { time, direction, data } of goldenEvents()) connection.data(time, direction, data, 0, data.length);
    writeFileSync(join(folder, name), writer.take());
    const shown = execFileSync("tshark", ["-r", join(folder, name), "-d", "tcp.port==10000,http2", "-P"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    assert.equal(shown, golden, name);
  }
});
