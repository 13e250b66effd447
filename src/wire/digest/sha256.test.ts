import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { test } from "node:test";
import { hmacSha256, sha256 } from "./sha256.ts";

test("digests of every length around the block's are those of OpenSSL", () => {
  for (let length = 0; length < 200; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 255);
    assert.equal(Buffer.from(sha256(bytes)).toString("hex"), createHash("sha256").update(bytes).digest("hex"));
    assert.equal(
      Buffer.from(hmacSha256(bytes, bytes)).toString("hex"),
      createHmac("sha256", bytes).update(bytes).digest("hex"),
    );
  }
});
