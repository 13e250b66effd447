import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Ledger } from "../../src/model/index.ts";
import { type CaptureDamage, type CapturedPacket, PcapngReader, readPacketFacts } from "../../src/wire/pcap/index.ts";
import { sharedData, skipUnless } from "../support/needs.ts";

const corpus = sharedData("corpora/pcapng");
const files = corpus.skip === false ? globSync("output_*/*/*.pcapng", { cwd: corpus.path }).sort() : [];
const skip = corpus.skip || skipUnless("tshark");

interface Row {
  readonly time: string;
  readonly length: string;
  readonly interface: string;
  readonly comment: string;
  readonly bytes: string;
}

function readWithTshark(path: string): Row[] {
  const run = (...args: string[]) =>
    execFileSync("tshark", ["-r", path, ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      maxBuffer: 2 ** 26,
    });
  const fields = ["frame.encap_type", "frame.time_epoch", "frame.len", "frame.interface_name", "frame.comment"];
  const lines = run("-T", "fields", ...fields.flatMap((field) => ["-e", field]))
    .split("\n")
    .slice(0, -1);
  const raw = JSON.parse(run("-T", "jsonraw")) as { _source: { layers: { frame_raw: [string] } } }[];
  return lines.flatMap((line, i) => {
    const [encapsulation, time, length, name, comment] = line.split("\t") as [string, string, string, string, string];
    const bytes = raw[i]!._source.layers.frame_raw[0];
    // tshark lists custom blocks among the packets, without a link type.
    return encapsulation === "" ? [] : [{ time, length, interface: unescapeText(name), comment, bytes }];
  });
}

/** tshark prints control characters as in C. */
function unescapeText(text: string): string {
  return text.replaceAll("\\r", "\r").replaceAll("\\n", "\n");
}

function read(bytes: Uint8Array, chunkSize: number): { rows: Row[]; damage: CaptureDamage[]; seen: Set<string> } {
  const rows: Row[] = [];
  const damage: CaptureDamage[] = [];
  const seen = new Set<string>();
  const ledger = new Ledger();
  const handler = {
    packet(packet: CapturedPacket) {
      rows.push({
        time: !packet.hasTime ? "" : `${packet.seconds}.${String(packet.nanos).padStart(9, "0")}`,
        length: String(packet.originalLength),
        interface: packet.interface.name ?? "",
        comment: (readPacketFacts(packet).comments ?? []).join(","),
        bytes: Buffer.from(packet.bytes.subarray(packet.start, packet.end)).toString("hex"),
      });
    },
    damage: (found: CaptureDamage) => damage.push(found),
    interface: () => seen.add("interface"),
    name: () => seen.add("name"),
    statistics: () => seen.add("statistics"),
  };
  const reader = new PcapngReader(handler, ledger.book("file-bytes"));
  for (let at = 0; at < bytes.length; at += chunkSize) reader.push(bytes.slice(at, at + chunkSize));
  reader.end();
  assert.ok(ledger.balanced && ledger.book("file-bytes").buffered === 0, ledger.format().join("\n"));
  return { rows, damage, seen };
}

for (const file of files.length === 0 ? ["(none)"] : files)
  test(`${file}: the packets that tshark finds`, { skip }, () => {
    const path = join(corpus.path, file);
    const bytes = readFileSync(path);
    const whole = read(bytes, bytes.length);
    assert.deepEqual(whole.damage, []);
    const described = readFileSync(path.replace(/pcapng$/, "txt"), "utf8");
    // tshark 4.0 names the interfaces of later sections by those of the first.
    const isOneSection = /^\s+SHB: 1$/m.test(described);
    const compared = (rows: Row[]) => rows.map((row) => ({ ...row, interface: isOneSection ? row.interface : "" }));
    assert.deepEqual(compared(whole.rows), compared(readWithTshark(path)));
    for (const chunkSize of [1, 2, 3, 5, 7, 16, 61]) assert.deepEqual(read(bytes, chunkSize), whole);
    for (const [block, event] of [
      ["IDB", "interface"],
      ["ISB", "statistics"],
      ["NRB", "name"],
    ] as const)
      assert.equal(whole.seen.has(event), new RegExp(`^\\s+${block}: [1-9]`, "m").test(described), event);
  });
