import assert from "node:assert/strict";
import { test } from "node:test";
import { fragmentIpv4 } from "../../../test/support/ip-fragments.ts";
import { describeEvents, frameOf, parseSegment, Reassembly } from "../../../test/support/tcp-script.ts";
import { LinkType } from "../../wire/pcap/index.ts";

const HANDSHAKE = ["@100 C S 99", "@100 S SA 299 100", "@100 C A 100 300"];

function begin(): Reassembly {
  const reassembly = new Reassembly();
  for (const segment of HANDSHAKE) reassembly.pushSegment(parseSegment(segment));
  return reassembly;
}

test("a fragment whose time is unknown is one of its datagram, first, last or between", () => {
  const text = "x".repeat(300);
  const fragments = fragmentIpv4(frameOf(parseSegment(`C A 100 300 ${text}`)).subarray(14), 64, 7);
  for (const untimed of fragments.keys()) {
    const reassembly = new Reassembly();
    for (const [at, fragment] of fragments.entries())
      if (at === untimed) reassembly.pushUntimed(fragment, LinkType.RAW);
      else reassembly.push(fragment, 100, LinkType.RAW);
    assert.deepEqual(describeEvents(reassembly.finish()), [`read 0 ${text}`, "close unknown"], `fragment ${untimed}`);
  }
});

test("fragments of which no time is known, nor any before them, are those of one datagram", () => {
  const text = "x".repeat(300);
  const fragments = fragmentIpv4(frameOf(parseSegment(`C A 100 300 ${text}`)).subarray(14), 64, 7);
  const reassembly = new Reassembly();
  for (const fragment of fragments) reassembly.pushUntimed(fragment, LinkType.RAW);
  assert.deepEqual(describeEvents(reassembly.finish()), [`read 0 ${text}`, "close unknown"]);
});

test("bytes behind a hole wait on, whatever packet has no time", () => {
  for (const untimed of ["C A 103 300 def", "S A 300 100", "S A 300 100 ok"]) {
    const reassembly = begin();
    if (!untimed.startsWith("C")) reassembly.pushSegment(parseSegment("@100 C A 103 300 def"));
    reassembly.pushUntimed(frameOf(parseSegment(untimed)));
    reassembly.pushSegment(parseSegment("@101 C A 106 300 ghi"));
    reassembly.pushSegment(parseSegment("@101 C A 100 300 abc"));
    const read = reassembly.events.filter((event) => event.kind !== "data" || event.direction === "read");
    assert.deepEqual(describeEvents(read), ["open", "read 0 abc", "read 3 def", "read 6 ghi"], untimed);
    reassembly.finish();
  }
});

test("a SYN that comes again beside a packet without a time begins no other connection", () => {
  for (const isSynUntimed of [true, false]) {
    const reassembly = begin();
    reassembly.pushSegment(parseSegment("@100 C A 100 300 abc"));
    const syn = frameOf(parseSegment("C S 99"));
    if (isSynUntimed) reassembly.pushUntimed(syn);
    else {
      reassembly.pushUntimed(frameOf(parseSegment("S A 300 103")));
      reassembly.push(syn, 101);
    }
    reassembly.pushSegment(parseSegment("@101 C A 103 300 def"));
    assert.deepEqual(describeEvents(reassembly.events), ["open", "read 0 abc", "read 3 def"]);
    reassembly.finish();
  }
});
