/** Mutated connections of every protocol through every tap: nothing is left of them. The long form is in test/peers. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createCertificates } from "./support/certificates.ts";
import { runHostile } from "./support/hostile/run-hostile.ts";
import { skipUnless } from "./support/needs.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const CONNECTIONS = Number(process.env["TAPLINE_HOSTILE_CONNECTIONS"] ?? 0) || 1500;
const SEED = process.env["SEED"];

const folder = makeTemporaryFolder();
after(folder.remove);

test("nothing is left of mutated connections, whatever they spoke and however they ended", {
  skip: skipUnless("openssl"),
}, async (context) => {
  const { counts, seed } = await runHostile(
    CONNECTIONS,
    createCertificates(folder.path),
    folder.path,
    SEED === undefined ? undefined : Number(SEED),
  );
  context.diagnostic(`seed ${seed}: ${CONNECTIONS} connections`);
  for (const [what, count] of Object.entries(counts)) context.diagnostic(`${what}: ${count}`);
  for (const [what, count] of Object.entries(counts)) assert.ok(count >= 100, `${what}: ${count} of ${CONNECTIONS}`);
});
