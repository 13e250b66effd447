import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

const folder = mkdtempSync(join(tmpdir(), "tapline-bad-lines-"));
after(() => rmSync(folder, { recursive: true }));
const LINES = 300_000;
/** More than the young generation may grow by, and far less than something kept of each line would be. */
const MAX_GROWTH_KB = 40 * 1024;

const CASES: readonly [what: string, first: string, bad: string, args: readonly string[], maxGrowth?: number][] = [
  ["monitor, no hexadecimal", "", "this is no hexadecimal", ["monitor", "-i"]],
  ["monitor, no JSON", "", '{"type":"trace","broken":', ["monitor", "-i"]],
  ["monitor, no event", "", '{"nothing":1}', ["monitor", "-o", "ndjson", "-i"]],
  ["read, no JSON", '{"type":"exchange","version":1}', '{"type":"exchange",', ["read"]],
  // It looks at all of them a second time, as a text in pieces of a megabyte.
  ["audit, no JSON", '{"type":"exchange","version":1}', '{"type":"exchange",', ["audit"], 3 * MAX_GROWTH_KB],
  ["read, no document", '{"type":"exchange","version":1}', '{"nothing":1}', ["read", "-o", "ndjson"]],
];

for (const [what, first, bad, args, maxGrowth = MAX_GROWTH_KB] of CASES)
  test(`${what}: the first of ${LINES} bad lines are told, the others counted, and none is kept`, () => {
    const few = run(args, `${first}\n${`${bad}\n`.repeat(50)}`);
    const many = run(args, `${first}\n${`${bad}\n`.repeat(LINES)}`);
    assert.equal(many.status, 1);
    assert.equal(many.stderr.match(/^tapline: .*this line /gm)?.length, 20);
    assert.match(many.stderr, new RegExp(`^tapline: ${LINES - 20} .*problems more$`, "m"));
    assert.match(many.stderr, new RegExp(`\\(.*${LINES}.*\\)`), "the ledger counts them");
    const growth = many.peak - few.peak;
    assert.ok(growth < maxGrowth, `${few.peak} KB for few, ${growth} KB more for many`);
  });

function run(args: readonly string[], text: string): { status: number | null; stderr: string; peak: number } {
  const file = join(folder, "input");
  writeFileSync(file, text);
  const report = `data:text/javascript,process.on("exit",()=>process.stderr.write("peak "+process.resourceUsage().maxRSS+"\\n"))`;
  const { status, stderr } = spawnSync("bin/tapline", [...args, file], {
    encoding: "utf8",
    env: { ...process.env, TAPLINE_NODE_OPTIONS: `--import=${encodeURI(report)}` },
  });
  return { status, stderr, peak: Number(/^peak (\d+)$/m.exec(stderr)?.[1]) };
}
