import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { formatMark, isMark, showMarks, splitAtMarks } from "./mark.ts";
import { nodeKeyedHash } from "./node-redactor.ts";
import { CoveringMarker, portableKeyedHash, SecretMarker } from "./secret-marker.ts";

describe("a mark", () => {
  for (const [name, kind] of [
    ["Bearer", "bearer"],
    ["x-api-key", "x-api-key"],
    ["accessToken", "access_token"],
    ["user[new password]", "new_password"],
    ["clé", "cl_"],
    ["…", "secret"],
    ["a".repeat(100), "a".repeat(40)],
  ] as const)
    test(`of ${name} is ${kind}, in unreserved characters`, () => {
      const mark = formatMark(name, "1a2b3c4d");
      assert.equal(mark, `redacted-${kind}-1a2b3c4d`);
      assert.match(mark, /^[\w.~-]+$/);
      assert.ok(isMark(mark));
      assert.equal(showMarks(`a=${mark}&b`), `a=‹redacted:${kind}:1a2b3c4d›&b`);
    });

  test("is nothing that only looks like one", () => {
    for (const text of ["redacted-a-1a2b3c4", "a redacted-a-1a2b3c4d", "redacted-a-1a2b3c4d5", "redacted-1a2b3c4d"])
      assert.equal(isMark(text), false, text);
    assert.equal(showMarks("unredacted-a-1a2b3c4d redacted-a-1a2b3c4d5"), "unredacted-a-1a2b3c4d redacted-a-1a2b3c4d5");
  });
});

test("equal values have equal marks, named as the first was; a mark stays, also where lengths are kept", () => {
  const marker = new SecretMarker(portableKeyedHash(new Uint8Array(32)));
  const covering = new CoveringMarker(marker);
  const mark = marker.mark("bearer", "a".repeat(40));
  assert.match(mark, /^redacted-bearer-[0-9a-f]{8}$/);
  assert.equal(marker.mark("access_token", "a".repeat(40)), mark);
  assert.equal(marker.mark("x", mark), mark);
  const covered = covering.mark("x", "a".repeat(40));
  assert.equal(covered, mark.padEnd(40, "*"));
  assert.equal(covering.mark("x", covered), covered);
  assert.equal(marker.mark("x", covered), covered);
  assert.equal(covering.mark("x", "short"), "*****");
  assert.equal(covering.mark("x", "*****"), "*****");
});

test("a value keeps its name while thousands of others come, and its hash forever", () => {
  const marker = new SecretMarker(portableKeyedHash(new Uint8Array(32)));
  const first = marker.mark("first", "value");
  for (let at = 0; at < 8000; at++) marker.mark("other", String(at));
  assert.equal(marker.mark("again", "value"), first);
  for (let at = 0; at < 20_000; at++) marker.mark("other", String(at));
  assert.equal(marker.mark("again", "value").slice(-8), first.slice(-8));
});

test("what is remembered of secrets does not keep the texts that they came in", { timeout: 60_000 }, () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const marker = new SecretMarker(nodeKeyedHash(new Uint8Array(32)));
  collect();
  const before = process.memoryUsage().heapUsed;
  const [bodies, size] = [200, 100_000];
  for (let i = 0; i < bodies; i++) {
    const body = Buffer.alloc(size, `{"password":"a secret of body ${i}"} `).toString("latin1");
    marker.mark("password", body.slice(13, 40));
  }
  collect();
  const kept = process.memoryUsage().heapUsed - before;
  assert.ok(kept < (bodies * size) / 10, `${kept} bytes`);
  assert.match(marker.mark("password", "another one"), /^redacted-password-/);
});

test("both hashes are HMAC-SHA-256, so that equal keys mark equally in every release", () => {
  for (const keyLength of [1, 16, 32, 64, 65, 200]) {
    const key = randomBytes(keyLength);
    const [node, portable] = [nodeKeyedHash(key), portableKeyedHash(key)];
    for (const value of ["", "a", "ü‹›😀", "\ud800", "x".repeat(500), "ü".repeat(5000), "b"]) {
      const expected = createHmac("sha256", key).update(Buffer.from(value)).digest("hex").slice(0, 8);
      assert.deepEqual([node(value), portable(value)], [expected, expected], `${keyLength} ${value.length}`);
    }
  }
});

test("a text is split at its marks, and is itself again when they are put together", () => {
  const [first, second] = [formatMark("bearer", "1a2b3c4d"), formatMark("x-api-key", "99999999")];
  assert.deepEqual(splitAtMarks(first), [{ text: "‹redacted:bearer:1a2b3c4d›", mark: first }]);
  for (const text of ["", "no mark", "redacted-", `a ${first}${second}`, `${first}, ${second}.`, `x${first}`]) {
    const parts = splitAtMarks(text);
    assert.equal(parts.map(({ text: part, mark }) => mark ?? part).join(""), text);
    assert.equal(parts.map(({ text: part }) => part).join(""), showMarks(text));
  }
  assert.equal(splitAtMarks(`${first}, ${second}.`).length, 4);
});
