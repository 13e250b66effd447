import assert from "node:assert/strict";
import { test } from "node:test";
import { frameOf, parseSegment, Reassembly } from "../../../test/support/tcp-script.ts";
import type { Connection } from "../../model/index.ts";
import { LinkType } from "../../wire/pcap/index.ts";

function connectionOf(frame: Uint8Array, linkType: number = LinkType.ETHERNET): Connection {
  const reassembly = new Reassembly();
  reassembly.push(frame, 0, linkType);
  const [event] = reassembly.finish();
  return event!.connection;
}

test("of two equal ports, the one that was heard of first is taken for the client's", () => {
  for (const [line, local] of [
    ["C A 1 2 x", "10.0.0.1"],
    ["S A 1 2 x", "10.0.0.2"],
  ] as const) {
    const connection = connectionOf(frameOf({ ...parseSegment(line), clientPort: 80 }));
    assert.deepEqual(connection.local, { kind: "ip", address: local, port: 80 });
    assert.deepEqual([connection.transport, connection.role], ["tcp", "unknown"]);
  }
});

test("of two other ports, the lower is taken for the server's", () => {
  for (const [clientPort, local] of [
    [81, "10.0.0.1"],
    [79, "10.0.0.2"],
  ] as const)
    for (const line of ["C A 1 2 x", "S A 1 2 x"])
      assert.deepEqual(connectionOf(frameOf({ ...parseSegment(line), clientPort })).local, {
        kind: "ip",
        address: local,
        port: Math.min(80, clientPort),
      });
});

test("a tunnel is told with its outer ends, one without an address of its own with its type alone", () => {
  const inner = frameOf(parseSegment("C A 1 2 x")).subarray(14);
  const outer = Uint8Array.from([0x45, 0, 0, 20 + inner.length, 0, 0, 0, 0, 64, 4, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]);
  assert.deepEqual(connectionOf(Uint8Array.from([...outer, ...inner]), LinkType.RAW).tunnel, {
    type: "ip-in-ip",
    source: "192.0.2.1",
    destination: "192.0.2.2",
  });
  const mpls = Uint8Array.from([...new Uint8Array(12), 0x88, 0x47, 0, 1, 0x01, 64, ...inner]);
  assert.deepEqual(connectionOf(mpls).tunnel?.source, undefined);
  assert.equal(connectionOf(frameOf(parseSegment("C A 1 2 x"))).tunnel, undefined);
});
