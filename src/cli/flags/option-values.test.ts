import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidArgumentError } from "commander";
import { parseCount, parseEndpoint, parseSeconds, parseSize, readSize } from "./option-values.ts";

test("values that options take, and those that they refuse", () => {
  const cases: readonly [parse: (text: string) => unknown, taken: Record<string, unknown>, refused: string[]][] = [
    [parseCount, { "1": 1, "999999999": 999_999_999 }, ["", "0", "-1", "1.5", "1k", "01", "1e3", "one", "1234567890"]],
    [parseSeconds, { "0": 0, "0.5": 0.5, "12": 12 }, ["", "-1", ".5", "1s", "Infinity", "NaN"]],
    [
      parseSize,
      { "1": 1, "64k": 65536, "2M": 2 ** 21, "1G": 2 ** 30 },
      ["", "0", "0k", "1K", "1.5M", "-1", "9".repeat(16)],
    ],
    [
      parseEndpoint,
      {
        "127.0.0.1:80": { kind: "ip", address: "127.0.0.1", port: 80 },
        "[::1]:8080": { kind: "ip", address: "::1", port: 8080 },
        "service.example:0": { kind: "ip", address: "service.example", port: 0 },
        ":9902": { kind: "ip", address: "127.0.0.1", port: 9902 },
      },
      ["", "80", "host", "host:", "host:65536", "::1:80", "[::1]", "http://host:80"],
    ],
  ];
  for (const [parse, taken, refused] of cases) {
    for (const [text, value] of Object.entries(taken)) assert.deepEqual(parse(text), value, `${parse.name} ${text}`);
    for (const text of refused) assert.throws(() => parse(text), InvalidArgumentError, `${parse.name} '${text}'`);
  }
});

test("a size of 0 is a size, where a limit may be 0", () => {
  assert.equal(readSize("0"), 0);
  assert.equal(readSize("lots"), undefined);
});
