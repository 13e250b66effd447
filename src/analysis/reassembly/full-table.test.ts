import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSegment, Reassembly } from "../../../test/support/tcp-script.ts";
import { clientOf, formatEndpoint } from "../../model/index.ts";

test("a full table makes room: closed ones first, then the one idle longest; a flood of SYNs evicts itself", () => {
  const reassembly = new Reassembly({ connections: 8 });
  const open = (clientPort: number, seconds: number) => {
    for (const line of ["C S 99", "S SA 299 100", "C A 100 300", "C A 100 300 x"])
      reassembly.pushSegment({ ...parseSegment(line), clientPort, seconds });
  };
  for (let i = 0; i < 4; i++) open(1000 + i, i);
  for (let i = 0; i < 100; i++) reassembly.pushSegment({ ...parseSegment("C S 1"), clientPort: 2000 + i, seconds: 10 });
  assert.equal(reassembly.reassembler.connections, 8);
  const evicted = () =>
    reassembly.events.filter((event) => event.kind === "close").map((event) => Number(clientPortOf(event.connection)));
  // Three of the SYNs stand beside the open ones before they make room for one another.
  assert.ok(evicted().filter((port) => port < 2000).length <= 1);
  assert.equal(reassembly.reassembler.counters.evictedConnections, 96);
  for (let i = 0; i < 8; i++) open(3000 + i, 20);
  assert.equal(reassembly.reassembler.connections, 8);
  reassembly.finish();
});

test("who makes room: one that is closed, then the one that was idle longest", () => {
  const reassembly = new Reassembly({ connections: 4 });
  let seconds = 0;
  const push = (clientPort: number, ...lines: string[]) => {
    for (const line of lines) reassembly.pushSegment({ ...parseSegment(line), clientPort, seconds: seconds++ });
  };
  const open = (clientPort: number) => push(clientPort, "C S 99", "S SA 299 100", "C A 100 300");
  for (const port of [1, 2, 3, 4]) open(port);
  // The oldest is heard of again, and the newest ends.
  push(1, "C A 100 300 x");
  push(4, "C FA 100 300", "S FA 300 101");
  const gone = () =>
    reassembly.events.flatMap((event) =>
      event.kind === "close" ? [`${clientPortOf(event.connection)} ${event.how}`] : [],
    );
  const steps: string[][] = [];
  for (const port of [5, 6, 7]) {
    open(port);
    steps.push(gone());
  }
  assert.deepEqual(steps, [["4 fin"], ["4 fin", "2 unknown"], ["4 fin", "2 unknown", "3 unknown"]]);
  assert.equal(reassembly.reassembler.counters.evictedConnections, 2);
  assert.equal(reassembly.reassembler.counters.connections, 7);
  reassembly.finish();
  assert.deepEqual(gone().slice(3), ["1 unknown", "5 unknown", "6 unknown", "7 unknown"]);
});

test("a connection is idle a second after its limit, by its last packet; the next packet of it begins another", () => {
  for (const [wait, expected] of [
    [60, ["1 unknown"]],
    [61, ["1 timeout"]],
  ] as const) {
    const reassembly = new Reassembly({ idleSeconds: 60 });
    const at = (second: number, line: string, clientPort = 1) =>
      reassembly.pushSegment({ ...parseSegment(line), clientPort, seconds: second });
    at(0, "C S 99");
    at(0, "S SA 299 100");
    at(5, "C A 100 300 x");
    // Two moments agree on how late it is.
    for (const more of [0, 1]) at(5 + wait, `C A ${100 + more} 300 y`, 2);
    at(5 + wait, "C A 101 300 z");
    reassembly.finish();
    const ends = reassembly.events.flatMap((event) => (event.kind === "close" ? [event] : []));
    assert.deepEqual(
      ends.filter((end) => clientPortOf(end.connection) === "1").map((end) => `1 ${end.how}`),
      expected,
      `${wait} seconds`,
    );
    if (wait === 61) assert.equal(ends.find(({ how }) => how === "timeout")!.time.seconds, 5);
    const { timedOutConnections, connections } = reassembly.reassembler.counters;
    assert.deepEqual([timedOutConnections, connections], wait === 61 ? [1, 3] : [0, 2]);
  }
});

function clientPortOf(connection: Parameters<typeof clientOf>[0]): string {
  return formatEndpoint(clientOf(connection)).split(":")[1]!;
}
