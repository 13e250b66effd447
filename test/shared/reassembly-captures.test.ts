import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { PacketReassembler } from "../../src/analysis/reassembly/index.ts";
import { type Connection, formatEndpoint, type SocketEvent } from "../../src/model/index.ts";
import { createCaptureReader, detectCaptureFormat } from "../../src/wire/pcap/index.ts";
import { sharedData, skipUnless } from "../support/needs.ts";

const corpus = sharedData("corpora/captures");
const files = corpus.skip === false ? globSync("*.pcap", { cwd: corpus.path }).sort() : ["(none)"];
const skip = corpus.skip || skipUnless("tshark");

/** The bytes of each direction of each connection, by `sender receiver`, in the order of the first bytes. */
type Streams = Map<string, string>;

function reassemble(path: string): Streams {
  const streams = new Map<string, string>();
  const gone = new Set<Connection>();
  const stopped = new Set<string>();
  const observe = (event: SocketEvent) => {
    if (event.kind === "close") gone.add(event.connection);
    if (event.kind !== "data" && event.kind !== "gap") return;
    assert.ok(!gone.has(event.connection));
    const ends = [formatEndpoint(event.connection.local), formatEndpoint(event.connection.remote)];
    const key = (event.direction === "write" ? ends : ends.reverse()).join(" ");
    // tshark follows a stream no further than to what is missing and was not acknowledged.
    if (event.kind === "gap" && streams.has(key)) stopped.add(key);
    if (event.kind === "gap" || stopped.has(key)) return;
    streams.set(key, (streams.get(key) ?? "") + Buffer.from(event.data).toString("hex"));
  };
  const reassembler = new PacketReassembler({ observer: { observe } });
  const bytes = readFileSync(path);
  const reader = createCaptureReader(detectCaptureFormat(bytes)!, { packet: (packet) => reassembler.push(packet) });
  reader.push(bytes);
  reader.end();
  reassembler.finish();
  assert.ok(reassembler.ledger.balanced, reassembler.ledger.format().join("\n"));
  for (const book of reassembler.ledger.books) assert.equal(book.buffered, 0);
  assert.equal(reassembler.budget.used, 0);
  for (const [key, stream] of streams) if (stream === "") streams.delete(key);
  return streams;
}

/** Output of `tshark -z follow,tcp,raw` for each connection. */
function follow(path: string): Streams {
  const run = (...args: string[]) =>
    execFileSync("tshark", ["-r", path, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const numbers = [...new Set(run("-Y", "tcp", "-T", "fields", "-e", "tcp.stream").split("\n"))].filter(Boolean);
  const streams = new Map<string, string>();
  const shown = run("-q", ...numbers.flatMap((number) => ["-z", `follow,tcp,raw,${number}`]));
  for (const block of shown.split(/^=+\n/m)) {
    const ends = /Node 0: (\S+)\nNode 1: (\S+)\n/.exec(block);
    if (ends === null) continue;
    const [first, second] = [ends[1]!, ends[2]!];
    for (const line of block
      .slice(ends.index + ends[0].length)
      .trimEnd()
      .split("\n")) {
      const key = line.startsWith("\t") ? `${second} ${first}` : `${first} ${second}`;
      if (line.trim() !== "") streams.set(key, (streams.get(key) ?? "") + line.trim());
    }
  }
  return streams;
}

for (const file of files)
  test(`${file}: the streams that tshark follows`, { skip }, () => {
    const path = join(corpus.path, file);
    const sorted = (streams: Streams) => Object.fromEntries([...streams].sort(([a], [b]) => (a < b ? -1 : 1)));
    assert.deepEqual(sorted(reassemble(path)), sorted(follow(path)));
  });
