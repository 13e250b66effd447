import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { AuditLog } from "./audit-log.ts";

const PERSON = { role: "admin", name: "2bb80d53" } as const;

test("a line is in the file before its note is over", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "tapline-audit-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "audit.ndjson");
  const log = new AuditLog(path);
  for (let id = 1; id <= 20; id++) {
    await log.note(PERSON, "see", { id });
    assert.match(readFileSync(path, "utf8"), new RegExp(`"action":"see","id":${id}}\n$`));
  }
  await log.close();
});

test("a note that cannot be written is over, and counted; one that is kept nowhere is over at once", async () => {
  const log = new AuditLog(tmpdir());
  await log.note(PERSON, "see", { id: 1 });
  assert.equal(log.failed, 1);
  await new AuditLog(undefined).note(PERSON, "see", { id: 1 });
});
