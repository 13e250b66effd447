/** Judging names costs most of redaction where bodies are full of secrets: it is counted. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createNodeRedactor } from "../node-redactor.ts";
import { SecretNames } from "./secret-names.ts";

/** More than the table of names has room for. */
const SECRETS = 2000;

test("marks are not taken for names, and judged, behind names that do not say that one follows", (t) => {
  const judged = t.mock.method(SecretNames.prototype, "isSecret");
  for (const [type, line] of [
    ["text/plain", "password: S3cret"],
    ["text/plain", "called upstream with api_key=S3cret"],
  ] as const) {
    const text = Array.from({ length: SECRETS }, (_, i) => `${line}-${i}xq7`).join("\n");
    const redacted = Buffer.from(createNodeRedactor().content(Buffer.from(text), type)).toString();
    assert.equal(redacted.split("redacted-").length - 1, SECRETS);
    const calls = judged.mock.callCount();
    assert.ok(calls < 100, `${line}: ${calls} for ${SECRETS} secrets`);
    judged.mock.resetCalls();
  }
});

test("a secret's name is judged once, however often it is asked of", () => {
  const asked: string[] = [];
  const excepted = new Set<string>();
  excepted.has = (name) => asked.push(name) === 0;
  const names = new SecretNames(new Set(), excepted);
  for (let i = 0; i < SECRETS; i++) {
    assert.ok(names.isSecret(`token_${i}`));
    assert.equal(names.judge(`token_${i}`).kind, "strong");
    assert.ok(names.isSecret(`token_${i}`));
  }
  assert.ok(asked.length <= 2 * SECRETS, `${asked.length} times`);
});
