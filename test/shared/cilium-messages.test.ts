import assert from "node:assert/strict";
import { test } from "node:test";
import type { Dialect } from "../../src/wire/cilium/index.ts";
import { CILIUM, createFormatter, expectedOf, fromHex, MODES, readMessages } from "../support/cilium-vectors.ts";

const FILES: readonly (readonly [file: string, dialect: Dialect, modes: number])[] = [
  ["messages-v1.9.jsonl", "v1.9", 5],
  ["messages-v1.19.4.jsonl", "v1.19", 7],
];

for (const [file, dialect, modes] of FILES)
  for (const [mode, options] of Object.entries(MODES).slice(0, modes))
    test(`compat prints ${file} in mode ${mode} byte for byte`, { skip: CILIUM.skip }, () => {
      const formatter = createFormatter(dialect, true, options);
      for (const vector of readMessages(file)) {
        formatter.resetDissector();
        const text = formatter.formatSample(fromHex(vector.hex), vector.cpu);
        assert.equal(text, expectedOf(vector, mode), vector.id);
        if (vector.panic?.[mode] !== undefined) assert.equal(formatter.panic, vector.panic[mode], vector.id);
      }
    });
