import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const SCRIPT = join(import.meta.dirname, "../scripts/check-wiring.ts");

/** The lint rule's verdict on a folder with these files. */
function check(files: readonly string[]): { status: number | null; told: string[] } {
  const { path, remove } = makeTemporaryFolder();
  try {
    mkdirSync(join(path, "inner"));
    for (const [i, text] of files.entries()) writeFileSync(join(path, `inner/planted-${i}.ts`), `${text}\n`);
    const { status, stderr } = spawnSync(process.execPath, [SCRIPT, path], { encoding: "utf8" });
    return { status, told: stderr.split("\n") };
  } finally {
    remove();
  }
}

const PLANTED: readonly (readonly [string, string])[] = [
  ['import { openSync } from "node:fs";', "imports node:fs"],
  ['import {\n  createServer,\n} from "http2";', "imports node:http2"],
  ['export { connect } from "node:net";', "imports node:net"],
  ["export class File implements FlowSink {\n}", "class File is a FlowSink"],
  ["class Both extends Base implements Disposable, Sink<Exchange> {\n}", "class Both is a Sink"],
  ["export class Quiet {\n  submit(item: Exchange): Submission {\n    return 1;\n  }\n}", "class Quiet takes items"],
  ["class Tapped {\n  attach(connection: Connection) {}\n}", "class Tapped takes items"],
  ['const { open } = await import("node:fs/promises");', "imports node:fs/promises"],
  ["const { createWriteStream } = await import(`fs`);", "imports node:fs"],
  ['import * as net from "net";\nnet.connect(80);', "imports node:net"],
  ['process.getBuiltinModule("node:dgram");', "imports node:dgram"],
  ['const answer = await fetch("http://127.0.0.1/");', "fetch("],
  ["export default class Loud extends FlowSink {\n}", "class Loud is a FlowSink"],
  ["const Kept = class extends TextOutput<Exchange> {};", "class  is a TextOutput"],
  [
    "function f() {\n  return class Taker {\n    readonly submit = (item: Exchange) => 1;\n  };\n}",
    "class Taker takes items",
  ],
];

test("a command that opens a file or a socket, or is a sink, fails lint", () => {
  const { status, told } = check(PLANTED.map(([text]) => text));
  assert.equal(status, 1);
  PLANTED.forEach(([text, problem], i) => {
    const own = told.filter((line) => line.includes(`planted-${i}.ts: `));
    assert.ok(
      own.some((line) => line.includes(problem)),
      `${text}\n${own.join("\n")}`,
    );
  });
});

test("what only wires passes", () => {
  const text = `
import { join } from "node:path";
import { openOutput } from "../sink/capture-file/output-file.ts";
export class Words implements Disposable {
  say() {}
  // A class that takes items would be a sink; import("node:fs") too.
}
await client.fetch("x");
export const sink: FlowSink = createSink({ submit: (flow) => "taken" });
`;
  assert.deepEqual(check([text]).told, [""]);
});
