/** The folder of a collector that runs is removed: it says so in a sentence, and keeps what comes from then on. */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { test } from "node:test";
import { buildExchange } from "./support/build-exchange.ts";
import { startCollector } from "./support/collector-page.ts";

test("a folder that was removed is told of in a sentence, and what comes then is kept in a new one", async (context) => {
  const { keep, url, folder, stop } = await startCollector();
  context.after(stop);
  const ask = async (path: string) => {
    const answer = await fetch(`${url}api/v1/${path}`);
    return { status: answer.status, body: await answer.json() };
  };
  await keep(buildExchange({ target: "/before" }));
  rmSync(folder, { recursive: true });
  for (const path of ["exchanges", "services", "series", "flows"]) {
    const { status, body } = await ask(path);
    assert.equal(status, 503, path);
    const { error } = body as { error: { code: string; message: string } };
    assert.deepEqual(
      error,
      { code: "output", message: "the folder of the store cannot be read: it was removed" },
      path,
    );
  }
  await keep(buildExchange({ target: "/after" }));
  const { status, body } = await ask("exchanges");
  assert.equal(status, 200);
  assert.deepEqual(
    (body as { items: { target: string }[] }).items.map(({ target }) => target),
    ["/after"],
  );
});
