/** Traces that a tap cut anywhere, as `tap2pcap` makes packets of them: held against Wireshark's text2pcap, which the original calls. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { skipUnless } from "./support/needs.ts";
import { Random } from "./support/random.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const PROGRAM = join(import.meta.dirname, "../bin/tap2pcap");
const SIZES = [0, 0, 1, 2, 6, 7, 100, 1024, 1460, 5000, 60_000];
const folder = makeTemporaryFolder();
after(folder.remove);

interface Event {
  readonly direction: "read" | "write";
  readonly seconds: number;
  readonly micros: number;
  readonly data: Buffer;
  readonly truncated: boolean;
}

interface Conversation {
  readonly local: readonly [address: string, port: number];
  readonly remote: readonly [address: string, port: number];
  readonly events: readonly Event[];
}

test("a trace cut anywhere gives the frames of the original", { skip: skipUnless("text2pcap") }, () => {
  const random = new Random();
  const conversations = Array.from({ length: 16 }, (_, index) => draw(random, index % 3 === 0));
  const written = { buffered: join(folder.path, "all.json"), streamed: join(folder.path, "streamed.json") };
  writeFileSync(written.buffered, conversations.map((each, id) => JSON.stringify(asBuffered(each, id))).join("\n"));
  writeFileSync(
    written.streamed,
    conversations.flatMap((each, id) => asStreamed(each, id).map((piece) => JSON.stringify(piece))).join("\n"),
  );
  const expected = conversations.flatMap(askText2pcap);
  for (const [form, input] of Object.entries(written)) {
    const output = join(folder.path, `${form}.pcap`);
    const { status, stderr } = spawnSync(PROGRAM, [input, output], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    assert.deepEqual(recordsOf(readFileSync(output)), expected, `${form}, seed ${random.seed}`);
  }
});

/** The events that a tap with a limit a direction keeps: pieces are cut where it is reached, and everything later is empty. */
function draw(random: Random, isIpv6: boolean): Conversation {
  const left = { read: 0, write: 0 };
  left.read = left.write = random.pick([0, 1, 10, 1024, 100_000]);
  let time = 1_700_000_000_000_001 + random.below(1_000_000_000);
  const events = Array.from({ length: 1 + random.below(10) }, (): Event => {
    time += 1 + random.below(3_000_000);
    const direction = random.pick(["read", "write"] as const);
    const size = random.pick(SIZES);
    const kept = Math.min(size, left[direction]);
    left[direction] -= kept;
    // text2pcap takes no time without a fraction.
    const micros = time % 1_000_000 || 1;
    const data = Buffer.alloc(kept, random.below(256));
    return { direction, seconds: Math.floor(time / 1e6), micros, data, truncated: kept < size || random.chance(20) };
  });
  const address = () =>
    Array.from({ length: isIpv6 ? 8 : 4 }, () => (1 + random.below(isIpv6 ? 0xffff : 223)).toString(isIpv6 ? 16 : 10));
  const end = () => [address().join(isIpv6 ? ":" : "."), 1 + random.below(65_535)] as const;
  return { local: end(), remote: end(), events };
}

function asBuffered({ local, remote, events }: Conversation, id: number): object {
  const isCut = (direction: Event["direction"]) => events.some((e) => e.direction === direction && e.truncated);
  return {
    socket_buffered_trace: {
      trace_id: String(id + 1),
      connection: connectionOf(local, remote),
      events: events.map(eventOf),
      ...(isCut("read") ? { read_truncated: true } : {}),
      ...(isCut("write") ? { write_truncated: true } : {}),
    },
  };
}

function asStreamed({ local, remote, events }: Conversation, id: number): object[] {
  const pieces = [{ connection: connectionOf(local, remote) }, ...events.map((event) => ({ event: eventOf(event) }))];
  return pieces.map((piece) => ({ socket_streamed_trace_segment: { trace_id: String(id + 1), ...piece } }));
}

function connectionOf(local: Conversation["local"], remote: Conversation["remote"]): object {
  const addressOf = ([address, port]: Conversation["local"]) => ({ socket_address: { address, port_value: port } });
  return { local_address: addressOf(local), remote_address: addressOf(remote) };
}

function eventOf({ direction, seconds, micros, data, truncated }: Event): object {
  const timestamp = new Date(seconds * 1000).toISOString().replace(".000Z", `.${String(micros).padStart(6, "0")}Z`);
  return { timestamp, [direction]: { data: { as_bytes: data.toString("base64"), truncated } } };
}

/** The original's algorithm: a block an event (direction, time, `od -Ax -tx1 -v`), and text2pcap with the connection's ends. */
function askText2pcap({ local, remote, events }: Conversation): string[] {
  const blocks = events.map(({ direction, seconds, micros, data }) => {
    const time = new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ");
    const rows = Array.from({ length: Math.ceil(data.length / 16) }, (_, row) => {
      const bytes = data.subarray(row * 16, row * 16 + 16).toString("hex");
      return `${(row * 16).toString(16).padStart(6, "0")} ${bytes.match(/../g)!.join(" ")}\n`;
    });
    const end = data.length.toString(16).padStart(6, "0");
    return `${direction === "read" ? "I" : "O"}\n${time}.${String(micros).padStart(6, "0")}\n${rows.join("")}${end}\n`;
  });
  const output = join(folder.path, "original.pcap");
  const family = local[0].includes(":") ? "-6" : "-4";
  const ends = [family, `${remote[0]},${local[0]}`, "-T", `${remote[1]},${local[1]}`];
  const { status, stderr } = spawnSync(
    "text2pcap",
    ["-F", "pcap", "-D", "-t", "%Y-%m-%d %H:%M:%S.%f", ...ends, "-", output],
    { input: blocks.join("\n"), encoding: "utf8", env: { ...process.env, TZ: "UTC" } },
  );
  assert.equal(status, 0, stderr);
  return recordsOf(readFileSync(output));
}

/** Each record of a classic pcap file, its time and lengths too, as hexadecimal digits. */
function recordsOf(file: Buffer): string[] {
  const records: string[] = [];
  for (let at = 24; at < file.length; ) {
    const end = at + 16 + file.readUInt32LE(at + 8);
    records.push(file.toString("hex", at, end));
    at = end;
  }
  return records;
}
