import assert from "node:assert/strict";
import { test } from "node:test";
import { escapeControl } from "./escape-control.ts";

for (const [text, escaped, lines] of [
  ["plain text", "plain text", "plain text"],
  ["ümlaut 漢字 👍🏽", "ümlaut 漢字 👍🏽", "ümlaut 漢字 👍🏽"],
  ["\u001b[31mred\u001b[0m", "\\x1b[31mred\\x1b[0m", "\\x1b[31mred\\x1b[0m"],
  ["a\r\nb\tc\0", "a\\r\\nb\\tc\\x00", "a\\r\nb\tc\\x00"],
  ["\u009b31m\u007f", "\\x9b31m\\x7f", "\\x9b31m\\x7f"],
  ["a\u202eb\u200b\ufeff", "a\\u202eb\\u200b\\ufeff", "a\\u202eb\\u200b\\ufeff"],
  ["\ud800x\u{e0041}", "\\ud800x\\u{e0041}", "\\ud800x\\u{e0041}"],
] as const)
  test(JSON.stringify(text), () => {
    assert.equal(escapeControl(text), escaped);
    assert.equal(escapeControl(text, "lines"), lines);
  });
