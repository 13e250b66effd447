import assert from "node:assert/strict";
import { test } from "node:test";
import { Redactor } from "../redactor.ts";

const [FIRST, SECOND] = ["swordfish-one", "swordfish-two"];
const table = (name: string, ...values: string[]) => ({
  [name]: ["user", "password"],
  rows: values.map((one) => ["ada", one]),
});

for (const [name, document] of Object.entries({
  "a table": table("columns", FIRST, SECOND),
  "rows before their titles": { rows: [["ada", FIRST]], columns: ["user", "password"] },
  "two tables": { results: [table("columns", FIRST), table("fields", SECOND)] },
  "a table behind one without secrets": [{ columns: ["id"], rows: [["7"]] }, table("columns", FIRST, SECOND)],
  "two tables whose rows come first": [
    { rows: [["ada", FIRST]], columns: ["user", "password"] },
    { rows: [["bob", SECOND]], columns: ["user", "password"] },
  ],
}))
  test(`JSON whose names stand apart from their values: ${name}`, () => {
    const text = JSON.stringify(document);
    const shown = redact(text);
    assert.doesNotMatch(shown, /swordfish/);
    assert.deepEqual(replaceMarks(shown), JSON.parse(text.replaceAll(/swordfish-\w+/g, "MARK")));
  });

function redact(text: string): string {
  const content = new TextEncoder().encode(text);
  return new TextDecoder().decode(new Redactor().content(content, "application/json"));
}

function replaceMarks(text: string): unknown {
  return JSON.parse(text.replaceAll(/redacted-[\w-]+|‹redacted[^›]*›/g, "MARK"));
}
