/**
 * `npm run build:wasm`: builds bin/http-trace-filter.wasm from wasm/assembly. The same sources give the same bytes; with `--check` nothing
 * is written, and a file that is not what the sources give fails.
 *
 * usage: node scripts/build-wasm.ts [--check]
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import asc from "assemblyscript/asc";

const root = join(import.meta.dirname, "..");
const path = "bin/http-trace-filter.wasm";

const OPTIONS = [
  // No runtime: nothing is garbage-collected, and the host may allocate in the middle of any call.
  ...["--runtime", "stub"],
  // Without it the module would import env.abort, and no proxy would take it.
  ...["--use", "abort="],
  // The host starts the module, not the module itself: its functions need the memory that is not there before.
  ...["--exportStart", "_initialize"],
  ...["--optimizeLevel", "3", "--shrinkLevel", "1", "--noAssert", "--zeroFilledMemory"],
];

const built = await compile();
const name = `${path}: ${built.length} bytes, sha256 ${createHash("sha256").update(built).digest("hex")}`;
if (!process.argv.includes("--check")) {
  writeFileSync(join(root, path), built);
  console.log(name);
} else if (!existsSync(join(root, path)) || !built.equals(readFileSync(join(root, path)))) {
  console.error(`${path} is not what wasm/assembly gives (${name}): run npm run build:wasm, and commit it`);
  process.exitCode = 1;
}

async function compile(): Promise<Buffer> {
  let output: Uint8Array | undefined;
  const { error, stderr } = await asc.main(["wasm/assembly/index.ts", "--outFile", "module.wasm", ...OPTIONS], {
    readFile: (name: string) => {
      const file = join(root, name);
      return existsSync(file) ? readFileSync(file, "utf8") : null;
    },
    writeFile: (_name: string, contents: string | Uint8Array) => {
      output = contents as Uint8Array;
    },
    listFiles: () => [],
  });
  if (error !== null || output === undefined) {
    console.error(stderr.toString());
    process.exit(1);
  }
  return Buffer.from(output);
}
