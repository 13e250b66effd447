import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSubjectAltName } from "./verify-peer.ts";

test("subject alternative names are read from Node's text form", () => {
  assert.deepEqual(parseSubjectAltName("DNS:a.example, DNS:*.b.example, IP Address:10.0.0.1, URI:spiffe://c/d"), [
    { type: "DNS", value: "a.example" },
    { type: "DNS", value: "*.b.example" },
    { type: "IP_ADDRESS", value: "10.0.0.1" },
    { type: "URI", value: "spiffe://c/d" },
  ]);
  assert.deepEqual(
    parseSubjectAltName('DNS:"a.example, DNS:evil.example", email:x@y.example, othername:<unsupported>'),
    [
      { type: "DNS", value: "a.example, DNS:evil.example" },
      { type: "EMAIL", value: "x@y.example" },
    ],
  );
  assert.deepEqual(parseSubjectAltName(""), []);
});
