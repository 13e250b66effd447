import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../../test/support/random.ts";
import { shareOf } from "../../../test/support/share-of.ts";
import { frameOf, Reassembly, type Segment } from "../../../test/support/tcp-script.ts";
import { MemoryBudget, type SocketEvent } from "../../model/index.ts";

const seed = process.env["SEED"] === undefined ? undefined : Number(process.env["SEED"]);

/** A conversation of known bytes, cut into segments at random. */
interface Conversation {
  readonly segments: Segment[];
  readonly streams: { readonly C: Uint8Array; readonly S: Uint8Array };
}

function converse(random: Random, clientPort: number): Conversation {
  const streams = { C: random.bytes(600), S: random.bytes(3000) };
  const initial = { C: random.below(2 ** 32), S: random.below(2 ** 32) };
  const next = { C: initial.C + 1, S: initial.S + 1 };
  const segments: Segment[] = [
    { from: "C", flags: "S", sequence: initial.C, clientPort },
    { from: "S", flags: "SA", sequence: initial.S, acknowledgment: next.C, clientPort },
    { from: "C", flags: "A", sequence: next.C, acknowledgment: next.S, clientPort },
  ];
  const sent = { C: 0, S: 0 };
  while (sent.C < streams.C.length || sent.S < streams.S.length) {
    const from = random.chance(4) ? "C" : "S";
    const data = streams[from].slice(sent[from], sent[from] + 1 + random.below(200));
    if (data.length === 0) continue;
    const acknowledgment = next[from === "C" ? "S" : "C"];
    segments.push({ from, flags: "A", sequence: next[from], acknowledgment, data, clientPort });
    sent[from] += data.length;
    next[from] += data.length;
  }
  for (const from of ["C", "S"] as const)
    segments.push({
      from,
      flags: "FA",
      sequence: next[from],
      acknowledgment: next[from === "C" ? "S" : "C"],
      clientPort,
    });
  return { segments, streams };
}

/** The bytes known of a direction: the bytes, and -1 for those that are missing. */
function collect(events: readonly SocketEvent[], direction: "read" | "write"): number[] {
  const bytes: number[] = [];
  for (const event of events) {
    if ((event.kind !== "data" && event.kind !== "gap") || event.direction !== direction) continue;
    if (event.kind === "data") bytes.push(...event.data);
    else for (let i = 0; i < event.size!; i++) bytes.push(-1);
  }
  return bytes;
}

/** Neighbours change places, as on a network; the handshake stays in front. */
function reorder(segments: readonly Segment[], random: Random, distance: number): Segment[] {
  const keyed = segments.map((segment, i) => ({ segment, key: i < 3 ? i : i + random.below(distance) }));
  return keyed.sort((a, b) => a.key - b.key).map(({ segment }) => segment);
}

/** Parts of the stream are sent again, cut otherwise. */
function duplicate(segments: readonly Segment[], { streams }: Conversation, random: Random): Segment[] {
  const first = { C: segments[0]!.sequence + 1, S: segments[1]!.sequence + 1 };
  return segments.flatMap((segment, i) => {
    if (i < 3 || !random.chance(4)) return [segment];
    const { from, clientPort } = segment;
    const sent = segment.sequence - first[from] + ((segment.data as Uint8Array | undefined)?.length ?? 0);
    const start = random.below(sent + 1);
    const data = streams[from].slice(start, Math.min(sent, start + random.below(400)));
    const again = {
      from,
      flags: "-",
      sequence: first[from] + start,
      data,
      ...(clientPort === undefined ? {} : { clientPort }),
    };
    return [segment, again];
  });
}

const ROUNDS = shareOf(400);
const TIME_LIMIT = 3000;

function repeat(round: (random: Random, note: string) => void): void {
  const random = new Random(seed);
  const deadline = performance.now() + TIME_LIMIT;
  for (let i = 0; i < ROUNDS && performance.now() < deadline; i++) round(random, `seed ${random.seed}, round ${i}`);
}

test("reordered and duplicated, cut anyhow: the streams come out as they went in", () => {
  repeat((random, note) => {
    const conversation = converse(random, 5555);
    const shuffled = reorder(duplicate(conversation.segments, conversation, random), random, 1 + random.below(8));
    const reassembly = new Reassembly();
    for (const segment of shuffled) reassembly.pushSegment(segment);
    const events = reassembly.finish(note);
    assert.deepEqual(collect(events, "read"), [...conversation.streams.C], note);
    assert.deepEqual(collect(events, "write"), [...conversation.streams.S], note);
    assert.equal(reassembly.reassembler.counters.differingBytes, 0, note);
    assert.equal(events.at(-1)?.kind, "close", note);
  });
});

test("with segments lost, cut by the snap length, or without room: what comes out is what went in, but for the gaps", () => {
  repeat((random, note) => {
    const conversation = converse(random, 5555);
    const { segments, streams } = conversation;
    const lossy = reorder(duplicate(segments, conversation, random), random, 4).flatMap((segment, i) => {
      if (i >= 3 && random.chance(10)) return [];
      const length = (segment.data as Uint8Array | undefined)?.length ?? 0;
      return random.chance(10) ? [{ ...segment, cut: random.below(length + 1) }] : [segment];
    });
    const limits = random.pick([{}, { pendingBytes: random.below(2000) }, { acknowledgedHolePackets: 3 }]);
    const budget = new MemoryBudget(random.chance(3) ? 2048 + random.below(2000) : 1e6);
    const reassembly = new Reassembly(limits, budget);
    for (const segment of lossy) reassembly.pushSegment(segment);
    const events = reassembly.finish(note);
    for (const [direction, stream] of [
      ["read", streams.C],
      ["write", streams.S],
    ] as const) {
      const bytes = collect(events, direction);
      assert.ok(bytes.length <= stream.length + 1, note);
      for (const [i, byte] of bytes.entries())
        if (byte >= 0) assert.equal(byte, stream[i], `${note}: ${direction} ${i}`);
    }
  });
});

test("joined at any packet: what comes out is a part of what went in", () => {
  repeat((random, note) => {
    const { segments, streams } = converse(random, 5555);
    const reassembly = new Reassembly();
    for (const segment of segments.slice(random.below(segments.length))) reassembly.pushSegment(segment);
    const events = reassembly.finish(note);
    for (const [direction, stream] of [
      ["read", streams.C],
      ["write", streams.S],
    ] as const) {
      const known = collect(events, direction);
      const start = stream.length - known.length;
      assert.ok(start >= 0, note);
      for (const [i, byte] of known.entries()) if (byte >= 0) assert.equal(byte, stream[start + i], note);
    }
  });
});

test("many connections through a small table, in a small budget: nothing thrown, the ledger balances, memory is bounded", () => {
  repeat((random, note) => {
    const budget = new MemoryBudget(20_000);
    const reassembly = new Reassembly({ connections: 1 + random.below(6), windowBytes: 5000 }, budget);
    const conversations = random.list(12, () => converse(random, 1000 + random.below(5)).segments);
    while (conversations.length > 0) {
      const one = random.pick(conversations);
      const segment = one.shift();
      if (segment === undefined) conversations.splice(conversations.indexOf(one), 1);
      else reassembly.push(mutate(frameOf(segment), random), random.below(3));
      assert.ok(reassembly.reassembler.connections <= 6 && budget.used <= 20_000, note);
    }
    reassembly.finish(note);
  });
});

/** A packet with some of its bytes changed, or cut. */
function mutate(frame: Uint8Array, random: Random): Uint8Array {
  if (random.chance(2)) return frame;
  const changed = frame.slice(0, random.chance(5) ? random.below(frame.length + 1) : frame.length);
  for (let count = random.below(3); count > 0 && changed.length > 0; count--)
    changed[random.below(Math.min(changed.length, 60))] = random.below(256);
  return changed;
}
