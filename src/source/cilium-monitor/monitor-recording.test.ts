import assert from "node:assert/strict";
import { test } from "node:test";
import { Ledger } from "../../model/index.ts";
import { EventSample, encodePayload, PAYLOAD_DEFINITION } from "../../wire/cilium/index.ts";
import { createRecordingReader } from "./monitor-recording.ts";

/** A trace notification of version 0, whose packet is not there. */
const TRACE = new Uint8Array(32);
TRACE[0] = 4;
const MESSAGE = encodePayload({ data: TRACE, cpu: 0, lost: 0n, type: EventSample });

test("behind a damaged message a recording is read on, and the message is counted as lost", () => {
  const damaged = MESSAGE.slice();
  damaged[3] = 0x7f;
  const { flows, problems, record } = read([MESSAGE, damaged, MESSAGE, MESSAGE]);
  assert.equal(flows, 3);
  assert.equal(record, "records: 4 in = 3 handled + 1 dropped (damaged 1)");
  assert.match(problems.join(), /^a message is damaged: gob: /);
});

test("a recording that is cut has lost what it was cut in", () => {
  const { flows, problems, record } = read([MESSAGE, MESSAGE.subarray(0, -3)]);
  assert.equal(flows, 1);
  assert.equal(record, "records: 2 in = 1 handled + 1 truncated (end-of-stream 1)");
  assert.deepEqual(problems, ["the recording ends with: unexpected EOF"]);
});

function read(messages: readonly Uint8Array[]): { flows: number; problems: string[]; record: string } {
  const ledger = new Ledger();
  const problems: string[] = [];
  let flows = 0;
  const reader = createRecordingReader({ ledger, flow: () => flows++, problem: (message) => problems.push(message) });
  reader.push(new Uint8Array(Buffer.concat([PAYLOAD_DEFINITION, ...messages])));
  reader.end();
  assert.ok(ledger.balanced);
  return { flows, problems, record: ledger.book("records").format() };
}
