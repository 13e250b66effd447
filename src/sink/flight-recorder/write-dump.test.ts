import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { buildExchange } from "../../../test/support/build-exchange.ts";
import { makeTemporaryFolder } from "../../../test/support/temporary-folder.ts";
import { exchangeLine } from "../../analysis/protocols/index.ts";
import { writeDump } from "./write-dump.ts";

const folder = makeTemporaryFolder();
after(folder.remove);

const chunks = ["/one", "/two", "/three"].map((target) => Buffer.from(exchangeLine(buildExchange({ target }))));

test("documents are written a chunk at a time, and whatever forwards traffic has the machine between two of them", async () => {
  const sizes: number[] = [];
  const rest = async () => {
    const [partial, ...others] = readdirSync(folder.path);
    assert.deepEqual(others, []);
    sizes.push(statSync(join(folder.path, partial!)).size);
  };
  const path = join(folder.path, "dump.ndjson");
  assert.deepEqual(await writeDump({ path, format: "ndjson", chunks }, rest), { leftOut: {} });
  assert.deepEqual(sizes, [chunks[0]!.length, chunks[0]!.length + chunks[1]!.length]);
  assert.deepEqual(readFileSync(path), Buffer.concat(chunks));
});

test("a large chunk is written in pieces", async () => {
  const path = join(folder.path, "large.ndjson");
  const large = Buffer.alloc(300_000, "x");
  let rests = 0;
  const rest = async () => {
    rests++;
  };
  assert.deepEqual(await writeDump({ path, format: "ndjson", chunks: [large] }, rest), { leftOut: {} });
  assert.equal(rests, 2);
  assert.deepEqual(readFileSync(path), large);
});

for (const format of ["har", "pcapng"])
  test(`${format}: rests between two chunks, and is whole`, async () => {
    let rests = 0;
    const path = join(folder.path, `dump.${format}`);
    assert.deepEqual(
      await writeDump({ path, format, chunks }, async () => {
        rests++;
      }),
      { leftOut: {} },
    );
    assert.equal(rests, chunks.length - 1);
    const text = readFileSync(path, "latin1");
    for (const target of ["/one", "/two", "/three"]) assert.ok(text.includes(target), target);
  });

for (const format of ["ndjson", "har"])
  test(`${format}: a rest that fails leaves nothing behind, and says why`, async () => {
    const path = join(folder.path, `none.${format}`);
    const result = await writeDump({ path, format, chunks }, () => Promise.reject(new Error("no rest")));
    assert.match(result.problem!, /no rest/);
    assert.ok(!readdirSync(folder.path).some((name) => name.includes("none")));
  });
