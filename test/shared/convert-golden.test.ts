/** The golden inputs of Envoy's tap2pcap and capture2pcap, converted, and printed by tshark. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { sharedData, skipUnless } from "../support/needs.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

const fixtures = sharedData("fixtures/envoy");
const documented = sharedData("findings/documented");
const skip = fixtures.skip || skipUnless("tshark");
const folder = makeTemporaryFolder();
after(folder.remove);

const INPUTS = [
  "tap2pcap_h2_ipv4.v2alpha.pb",
  "tap2pcap_h2_ipv4.v3_ge_1.28.pb",
  "tap2pcap_h2_ipv4.pb_text",
  "capture2pcap_h2_ipv4.pb",
  "capture2pcap_h2_ipv4.pb_text",
];

for (const input of INPUTS) {
  test(`${input} prints the golden texts, in microseconds and in nanoseconds`, { skip }, () => {
    for (const [name, golden, ...options] of [
      // capture2pcap rounded to the microsecond, tap2pcap cuts.
      ["out.pcap", input.startsWith("capture") ? "capture2pcap_h2_ipv4.txt" : "tap2pcap_h2_ipv4.2019-2025.txt"],
      ["out.pcapng", "tap2pcap_h2_ipv4.txt"],
      ["out", "tap2pcap_h2_ipv4.txt", "-o", "pcap-ns"],
    ] as const) {
      const output = join(folder.path, name);
      run("tapline", "convert", "--force", ...options, join(fixtures.path, input), output);
      assert.equal(printPackets(output), readFileSync(join(fixtures.path, golden), "latin1"), name);
    }
  });
}

test("the commands of old make the file that text2pcap made, byte for byte", { skip }, () => {
  const expected = readFileSync(join(fixtures.path, "tap2pcap_h2_ipv4.text2pcap-4.0.17.classic-us.pcap"), "latin1");
  for (const [command, input] of [
    ["tap2pcap", "tap2pcap_h2_ipv4.pb_text"],
    ["tap2pcap", "tap2pcap_h2_ipv4.v3_ge_1.28.pb"],
  ] as const) {
    const output = join(folder.path, "old.pcap");
    run(command, join(fixtures.path, input), output);
    assert.equal(readFileSync(output, "latin1"), expected, command);
  }
});

test("a trace that the default limits cut gives the frames of the original", { skip: documented.skip }, () => {
  const output = join(folder.path, "cut.pcap");
  const expected = framesOf(readFileSync(join(documented.path, "truncated-1k.tap2pcap.pcap")));
  assert.equal(expected.length, 4);
  for (const command of ["tap2pcap", "capture2pcap"]) {
    run(command, join(documented.path, "truncated-1k.pb"), output);
    assert.deepEqual(framesOf(readFileSync(output)), expected, command);
  }
});

test("the golden trace survives every format", { skip }, () => {
  // Not classic pcap, in which times of captures are rounded.
  const pcap = join(folder.path, "direct.pcapng");
  const input = join(fixtures.path, "tap2pcap_h2_ipv4.v2alpha.pb");
  run("tapline", "convert", "--force", input, pcap);
  const expected = readFileSync(pcap, "latin1");
  for (const format of ["json", "pb", "pb-delimited", "text", "capture-pb", "capture-text"]) {
    const [between, output] = [join(folder.path, format), join(folder.path, `${format}.pcapng`)];
    run("tapline", "convert", "--force", "-o", format, input, between);
    run("tapline", "convert", "--force", between, output);
    assert.equal(readFileSync(output, "latin1"), expected, format);
  }
});

/** The frames of a classic pcap without their times, of which the original lost the fractions. */
function framesOf(pcap: Buffer): string[] {
  const frames: string[] = [];
  for (let at = 24; at < pcap.length; ) {
    const end = at + 16 + pcap.readUInt32LE(at + 8);
    frames.push(pcap.subarray(at + 16, end).toString("hex"));
    at = end;
  }
  return frames;
}

function run(command: string, ...args: string[]): void {
  execFileSync(join(import.meta.dirname, "../../bin", command), args, { stdio: ["ignore", "pipe", "pipe"] });
}

function printPackets(path: string): string {
  return execFileSync("tshark", ["-r", path, "-d", "tcp.port==10000,http2", "-P"], {
    encoding: "latin1",
    stdio: ["ignore", "pipe", "ignore"],
  });
}
