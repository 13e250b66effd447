import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type DnsScript, dnsMessage, dnsQuestion, dnsRecord, u16, u32 } from "../../../test/support/dns-bytes.ts";
import { DNS_DETECTOR } from "./detector.ts";

const A = dnsQuestion("a.example", 1);
const COOKIE = [0, ...u16(41), ...u16(1232), ...u32(0), ...u16(12), ...u16(10), ...u16(8), "cookies!"];

/** From which ports on a datagram is looked into: `any`, only `53`, or `none`. */
const DATAGRAMS: readonly (readonly [what: string, script: DnsScript, where: "any" | "53" | "none"])[] = [
  ["a plain query", { questions: [A] }, "any"],
  ["a query for a type without a name", { questions: [dnsQuestion("a.example", 65_280)] }, "any"],
  ["two questions", { questions: [A, dnsQuestion("b.example", 28)] }, "any"],
  ["a class that nobody has", { questions: [dnsQuestion("a.example", 1, 1234)] }, "53"],
  ["a query with an answer's flags", { flags: 0x0580, questions: [A] }, "53"],
  ["a query with the reserved bit", { flags: 0x0140, questions: [A] }, "53"],
  ["an operation without a name", { flags: 0x7800, questions: [A] }, "53"],
  ["a query for a cookie alone", { questions: [], additionals: [COOKIE] }, "53"],
  ["a question for the server's state", { flags: 0x1000 }, "53"],
  ["an inverse query", { flags: 0x0800, answers: [dnsRecord([0], 1, [1, 2, 3, 4])] }, "53"],
  ["an error without a question", { flags: 0x8181 }, "53"],
  ["zeros", { id: 0, flags: 0 }, "none"],
];

const claims = (bytes: Uint8Array, source: number, destination: number, isMulticast = false): boolean =>
  DNS_DETECTOR.claimsDatagram!(bytes, 0, bytes.length, source, destination, isMulticast);

describe("a datagram is looked into", () => {
  for (const [what, script, where] of DATAGRAMS)
    it(`that is ${what}: ${where}`, () => {
      const bytes = dnsMessage(script);
      const found = [claims(bytes, 40_000, 53), claims(bytes, 53, 40_000), claims(bytes, 40_000, 5300)];
      assert.deepEqual(found, { any: [true, true, true], 53: [true, true, false], none: [false, false, false] }[where]);
    });

  it("from port 53 though its end is missing, elsewhere not", () => {
    const bytes = dnsMessage({ questions: [A] }).subarray(0, -2);
    assert.deepEqual([claims(bytes, 40_000, 53), claims(bytes, 40_000, 5300)], [true, false]);
  });

  it("of a server on port 5353, not of Multicast DNS, LLMNR and NetBIOS", () => {
    const query = dnsMessage({ questions: [A] });
    const answer = dnsMessage({ flags: 0x8400, questions: [A] });
    assert.ok(claims(query, 40_000, 5353) && claims(answer, 5353, 40_000));
    assert.ok(!claims(query, 40_000, 5353, true));
    assert.ok(!claims(query, 5353, 5353));
    assert.ok(!claims(dnsMessage({ id: 0, flags: 0x8400, questions: [A] }), 5353, 40_000));
    for (const port of [137, 5355]) assert.ok(!claims(query, 40_000, port));
  });
});
