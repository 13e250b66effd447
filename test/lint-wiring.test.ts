import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const SCRIPT = join(import.meta.dirname, "../scripts/check-wiring.ts");

function check(text: string): { status: number | null; stderr: string } {
  const { path, remove } = makeTemporaryFolder();
  try {
    mkdirSync(join(path, "inner"));
    writeFileSync(join(path, "inner/planted.ts"), text);
    return spawnSync(process.execPath, [SCRIPT, path], { encoding: "utf8" });
  } finally {
    remove();
  }
}

describe("the lint rule of the command line", () => {
  const PLANTED: readonly (readonly [string, string])[] = [
    ['import { openSync } from "node:fs";', "imports node:fs"],
    ['import {\n  createServer,\n} from "http2";', "imports node:http2"],
    ['export { connect } from "node:net";', "imports node:net"],
    ["export class File implements FlowSink {\n}", "class File implements FlowSink"],
    ["class Both extends Base implements Disposable, Sink<Exchange> {\n}", "class Both implements Sink"],
    ["export class Quiet {\n  submit(item: Exchange): Submission {\n    return 1;\n  }\n}", "class Quiet takes items"],
    ["class Tapped {\n  attach(connection: Connection) {}\n}", "class Tapped takes items"],
  ];
  for (const [text, problem] of PLANTED)
    test(problem, () => {
      const { status, stderr } = check(`${text}\n`);
      assert.equal(status, 1);
      assert.ok(stderr.includes(problem), stderr);
    });

  test("what only wires passes", () => {
    const text = `
import { join } from "node:path";
import { openOutput } from "../sink/capture-file/output-file.ts";
export class Words implements Disposable {
  say() {}
}
export const sink: FlowSink = createSink({ submit: (flow) => "taken" });
`;
    assert.deepEqual(check(text).stderr, "");
  });
});
