import assert from "node:assert/strict";
import { test } from "node:test";
import type { FileStep } from "./file-batch.ts";
import { packSteps, unpackSteps } from "./packed-steps.ts";

test("steps are what they were when they are unpacked in another thread", () => {
  const none = new Uint8Array(0);
  const steps: FileStep[] = [
    { kind: "open", file: 2 ** 40, path: "a_7.pb" },
    { kind: "append", file: 2 ** 40, length: 120 },
    { kind: "open", file: 8, path: "b" },
    { kind: "append", file: 8, length: 0 },
    { kind: "finish", file: 2 ** 40, end: none },
    { kind: "finish", file: 8, end: none, retention: { keep: 2, pathPrefix: "p", extension: ".pb" } },
    { kind: "finish", file: 9, end: Uint8Array.of(1, 2), retention: undefined },
  ];
  assert.deepEqual(unpackSteps(structuredClone(packSteps(steps))), steps);
  assert.deepEqual(unpackSteps(packSteps([])), []);
});
