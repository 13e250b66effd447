import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { describeEvents, frameOf, parseSegment } from "../../../test/support/tcp-script.ts";
import { Ledger, type SocketEvent, TaplineError } from "../../model/index.ts";
import { PcapngWriter, PcapWriter } from "../../wire/pcap/index.ts";
import { type CaptureSourceOptions, openCapture } from "./index.ts";

const folder = mkdtempSync(join(tmpdir(), "tapline-"));
after(() => rmSync(folder, { recursive: true }));

const SCRIPT = ["C S 99", "S SA 299 100", "C A 100 300", "C A 100 300 ask", "S FA 300 103 answer", "C FA 103 307"];
const EVENTS = ["open", "read 0 ask", "write 0 answer end", "read 3 - end", "close fin"];

function write(writer: PcapWriter | PcapngWriter, lines = SCRIPT): Uint8Array {
  for (const [i, line] of lines.entries()) {
    const frame = frameOf(parseSegment(line));
    writer.writePacket({ seconds: 100 + i, nanos: 0 }, frame, 0, frame.length, frame.length);
  }
  return writer.take();
}

function pcapng(): Uint8Array {
  const writer = new PcapngWriter();
  writer.addInterface({ name: "eth0" });
  writer.writeTlsSecrets(new TextEncoder().encode("CLIENT_RANDOM a b\n"));
  return write(writer);
}

async function read(path: string, options: Partial<CaptureSourceOptions> & { stdin?: PassThrough } = {}) {
  const events: SocketEvent[] = [];
  const ledger = new Ledger();
  const observe = (event: SocketEvent) =>
    void events.push(event.kind === "data" ? { ...event, data: event.data.slice() } : event);
  const summary = await openCapture(path, { observer: { observe }, ledger, ...options });
  assert.ok(ledger.balanced, ledger.format().join("\n"));
  return { events: describeEvents(events), summary, ledger };
}

test("a file of either format, packed or not", async () => {
  for (const [name, bytes, format] of [
    ["a.pcap", write(new PcapWriter()), "pcap"],
    ["a.pcapng", pcapng(), "pcapng"],
    ["a.pcap.gz", gzipSync(write(new PcapWriter())), "pcap"],
  ] as const) {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    const { events, summary, ledger } = await read(path);
    assert.deepEqual(events, EVENTS);
    assert.deepEqual(
      [summary.format, summary.packets, summary.first?.seconds, summary.last?.seconds, summary.damages],
      [format, 6, 100, 105, 0],
    );
    assert.match(ledger.format().join("\n"), /^packet-bytes: 333 in = 9 handled \+ 324 skipped \(headers 324\)$/m);
  }
});

test("packets with their connection, and the secrets, in the order of the file", async () => {
  const path = join(folder, "b.pcapng");
  writeFileSync(path, pcapng());
  const seen: string[] = [];
  await read(path, {
    packet: (packet, connection) =>
      seen.push(`${packet.end - packet.start} ${connection?.id} ${packet.interface.name}`),
    tlsSecrets: (keyLog) => seen.push(new TextDecoder().decode(keyLog)),
  });
  assert.deepEqual(seen.slice(0, 3), ["CLIENT_RANDOM a b\n", "54 1 eth0", "54 1 eth0"]);
  assert.equal(seen.length, 7);
});

test("a live pipe: every packet is looked at when it comes", async () => {
  const stdin = new PassThrough();
  const events: SocketEvent[] = [];
  const bytes = write(new PcapWriter(), SCRIPT.slice(0, 4));
  const reading = openCapture("-", { observer: { observe: (event) => void events.push(event) }, stdin });
  stdin.write(bytes.subarray(0, 24));
  stdin.write(bytes.subarray(24));
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(
    events.map((event) => event.kind),
    ["open", "data"],
  );
  stdin.end();
  assert.equal((await reading).packets, 4);
});

test("a signal ends the reading, and what is open is closed", async () => {
  const stdin = new PassThrough();
  const abort = new AbortController();
  const reading = read("-", { stdin, signal: abort.signal });
  stdin.write(write(new PcapWriter(), SCRIPT.slice(0, 4)));
  await new Promise((resolve) => setImmediate(resolve));
  abort.abort();
  assert.deepEqual((await reading).events, ["open", "read 0 ask", "close unknown"]);
});

test("an output that has enough is waited for in the middle of a chunk", async () => {
  const path = join(folder, "long.pcap");
  const long = "x".repeat(60_000);
  writeFileSync(path, write(new PcapWriter(), [...SCRIPT.slice(0, 3), `C A 101 501 ${long}`]));
  for (const [isFull, drains] of [
    [true, 9],
    [false, 1],
  ] as const) {
    let drained = 0;
    await read(path, { isFull: () => isFull, drain: async () => void drained++ });
    assert.equal(drained, drains, `with ${isFull}`);
  }
});

test("a file that is cut gives what was whole, and says where it ends", async () => {
  const path = join(folder, "cut.pcap");
  const bytes = write(new PcapWriter());
  writeFileSync(path, bytes.subarray(0, bytes.length - 3));
  const damages: string[] = [];
  const { events, summary } = await read(path, {
    handler: { damage: ({ offset, size }) => damages.push(`${offset}+${size}`) },
  });
  assert.deepEqual([events, summary.damages], [["open", "read 0 ask", "write 0 answer end", "close unknown"], 1]);
  assert.deepEqual(damages, [`${bytes.length - 70}+67`]);
});

test("what is no capture is refused by name", async () => {
  for (const [path, bytes, message] of [
    ["text", "GET / HTTP/1.1\r\n", /^this is neither pcap nor pcapng: it begins with 47 45 54 20$/],
    ["empty", "", /^this is empty$/],
    ["missing", undefined, /^there is no such file$/],
    [".", undefined, /^this is a directory/],
    ["cut.gz", gzipSync(write(new PcapWriter())).subarray(0, 60), /^the packed file ends in the middle$/],
  ] as const) {
    if (bytes !== undefined) writeFileSync(join(folder, path), bytes);
    await assert.rejects(read(join(folder, path)), (error) => {
      assert.ok(error instanceof TaplineError);
      assert.match(error.message, message);
      assert.equal(error.place?.file, join(folder, path));
      return true;
    });
  }
});

test("a fault in the middle is told as what it is, not as a capture that is cut", async () => {
  const stdin = new PassThrough();
  const messages: string[] = [];
  const handler = { damage: ({ message }: { message: string }) => void messages.push(message) };
  const reading = openCapture("-", { observer: { observe() {} }, stdin, handler });
  stdin.write(write(new PcapWriter()).subarray(0, 100));
  await new Promise((resolve) => setImmediate(resolve));
  stdin.destroy(new Error("EIO"));
  await assert.rejects(reading, /EIO/);
  assert.deepEqual(messages, []);
});
