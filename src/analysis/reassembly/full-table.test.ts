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

function clientPortOf(connection: Parameters<typeof clientOf>[0]): string {
  return formatEndpoint(clientOf(connection)).split(":")[1]!;
}
