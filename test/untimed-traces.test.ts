import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runProgram } from "./support/run-program.ts";
import { MAIN } from "./support/tapline-main.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const TRACE = {
  http_buffered_trace: {
    request: { headers: [":authority=shop", ":path=/cart", ":method=GET"].map(header), trailers: [] },
    response: {
      headers: [":status=200", "date=Sat, 28 Nov 2026 22:44:14 GMT", "content-type=text/plain"].map(header),
      body: { as_string: "hello", truncated: false },
      trailers: [],
    },
  },
};

function header(text: string): object {
  const at = text.indexOf("=");
  return { key: text.slice(0, at), value: text.slice(at + 1) };
}

/** Envoy says neither times nor ends unless it is told to (`record_headers_received_time`, `record_downstream_connection`). */
test("what a buffered HTTP trace does not say is unknown in every output and in filters", async () => {
  const folder = makeTemporaryFolder();
  const file = join(folder.path, "trace.json");
  writeFileSync(file, JSON.stringify(TRACE));
  const read = async (...args: string[]) => {
    const { stdout } = await runProgram(process.execPath, [MAIN, "read", "-q", ...args, file], {
      timeoutMillis: 120_000,
    });
    return stdout;
  };
  try {
    const document = JSON.parse(await read("-o", "ndjson"));
    assert.deepEqual(document.times, {});
    assert.deepEqual(
      [document.durationMs, document.request.started, document.response.finished],
      [undefined, undefined, undefined],
    );
    assert.deepEqual(
      document.response.headers.map(({ name }: { name: string }) => name),
      ["date", "content-type"],
    );
    assert.equal(document.response.body.text, "hello");
    const [entry] = JSON.parse(await read("-o", "har")).log.entries;
    assert.deepEqual([entry._timeUnknown, entry.response.headersSize], [true, -1]);
    assert.match(await read(), /^\? +\? .+ \? +GET +shop +\/cart +200 +plain +0 B \/ 5 B +\? +complete/);
    assert.equal(await read("-Y", 'duration < duration("1s") or duration >= duration("1s")'), "");
    // Nor how many bytes the heads had.
    assert.equal(await read("-Y", "response.total_size > 0 or request.total_size >= 0"), "");
    const har = join(folder.path, "again.har");
    writeFileSync(har, await read("-o", "har"));
    const { stdout } = await runProgram(process.execPath, [MAIN, "read", "-q", "-o", "ndjson", har], {
      timeoutMillis: 120_000,
    });
    assert.deepEqual(JSON.parse(stdout).times, {});
  } finally {
    folder.remove();
  }
});
