import assert from "node:assert/strict";
import { test } from "node:test";
import { formatIpAddress, parseIpAddress } from "./ip-address.ts";

test("addresses are printed in their canonical form and read in any", () => {
  for (const [text, canonical] of [
    ["0.0.0.0", "0.0.0.0"],
    ["255.1.20.3", "255.1.20.3"],
    ["::", "::"],
    ["::1", "::1"],
    ["2001:DB8::1", "2001:db8::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
    ["fe80::", "fe80::"],
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["::ffff:10.0.0.1", "::ffff:10.0.0.1"],
    ["::ffff:a00:1", "::ffff:10.0.0.1"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
    ["::10.0.0.1", "::a00:1"],
    ["1:2:3:4:5:6:192.0.2.33", "1:2:3:4:5:6:c000:221"],
  ] as const) {
    const bytes = parseIpAddress(text);
    assert.ok(bytes !== undefined, text);
    assert.equal(formatIpAddress(bytes, 0, bytes.length as 4 | 16), canonical);
  }
});

test("what is no address is not read as one", () => {
  for (const text of [
    "",
    "1.2.3",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.4.5",
    ":",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "12345::",
    "::1.2.3",
    "::01.2.3.4",
    "127.1",
    "0x7f000001",
    "2130706433",
    "1.2.3.4::",
    "fe80::1%eth0",
    "localhost",
  ])
    assert.equal(parseIpAddress(text), undefined, text);
});
