import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const script = join(import.meta.dirname, "..", "scripts", "check-imports.ts");

/** Each row plants files, by path, and says what the rule answers; undefined is nothing. */
const rows: readonly { name: string; files: Record<string, string>; says: RegExp | undefined }[] = [
  {
    name: "downwards only",
    files: { "src/wire/a.ts": 'import { b } from "../model/b.ts";', "src/model/b.ts": "export const b = 1;" },
    says: undefined,
  },
  {
    name: "a folder that imports from one after it",
    files: { "src/tap/a.ts": 'import { b } from "../wasm-host/b.ts";', "src/wasm-host/b.ts": "export const b = 1;" },
    says: /tap\/ may not import from wasm-host\//,
  },
  {
    name: "wasm-host stands between tap and source",
    files: {
      "src/source/a.ts": 'import { b } from "../wasm-host/b.ts";',
      "src/wasm-host/b.ts": 'export { c as b } from "../tap/c.ts";',
      "src/tap/c.ts": "export const c = 1;",
    },
    says: undefined,
  },
  {
    name: "a folder that the house does not have",
    files: { "src/helpers/a.ts": "" },
    says: /helpers\/ is no folder of the house/,
  },
  {
    name: "a sink that looks into the proxy, if only for a type",
    files: {
      "src/sink/a.ts": 'import type { B } from "../source/proxy/config/b.ts";',
      "src/source/proxy/config/b.ts": "export type B = 1;",
    },
    says: /src\/sink\/a.ts: imports src\/source\/proxy\/config\/b.ts: sink\/ finds what it needs in src\/source\/dial\//,
  },
  {
    name: "a circle of two types",
    files: {
      "src/model/a.ts": 'import type { B } from "./b.ts";',
      "src/model/b.ts": 'import type { A } from "./a.ts";',
    },
    says: /import circle: src\/model\/a.ts, src\/model\/b.ts /,
  },
  {
    name: "a circle over three files, of which one import is a type",
    files: {
      "src/model/a.ts": 'import { b } from "./b.ts";',
      "src/model/b.ts": 'export { c } from "./c.ts";',
      "src/model/c.ts": 'import {\n  type A,\n  type D,\n} from "./a.ts";',
      "src/model/d.ts": 'import { a } from "./a.ts";',
    },
    says: /import circle: src\/model\/a.ts, src\/model\/b.ts, src\/model\/c.ts import/,
  },
  {
    name: "a circle that is one data structure",
    files: {
      "src/analysis/reassembly/tcp-stream.ts": 'import type { A } from "./tcp-connection.ts";',
      "src/analysis/reassembly/tcp-connection.ts": 'import { B } from "./tcp-stream.ts";',
    },
    says: undefined,
  },
  {
    name: "a file more in that circle",
    files: {
      "src/analysis/reassembly/tcp-stream.ts": 'import type { A } from "./tcp-connection.ts";',
      "src/analysis/reassembly/tcp-connection.ts": 'import { B } from "./another.ts";',
      "src/analysis/reassembly/another.ts": 'import { B } from "./tcp-stream.ts";',
    },
    says: /import circle: .*another.ts/,
  },
  { name: "Node where a browser runs", files: { "src/wire/a.ts": 'import "node:fs";' }, says: /runs in a browser too/ },
  { name: "I/O outside of sources and sinks", files: { "src/tap/a.ts": 'import "node:net";' }, says: /do I\/O/ },
];

for (const { name, files, says } of rows)
  test(`${says === undefined ? "allowed" : "refused"}: ${name}`, (context) => {
    const { path: root, remove } = makeTemporaryFolder();
    context.after(remove);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const { status, stderr } = spawnSync(process.execPath, [script, root], { encoding: "utf8" });
    assert.equal(status, says === undefined ? 0 : 1, stderr);
    assert.match(stderr, says ?? /^$/);
  });
