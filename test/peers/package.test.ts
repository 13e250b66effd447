/** `npm run package`: what it writes, in a clean folder with no Node on the PATH. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { findProgram } from "../support/needs.ts";
import { runProgram } from "../support/run-program.ts";
import { makePackage, tryCommands } from "../support/tapline-package.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

const skip = process.platform === "linux" && process.arch === "x64" ? false : "the archive is for linux-x64";

describe("the package", { skip, timeout: 900_000 }, () => {
  const temporary = makeTemporaryFolder();
  after(temporary.remove);
  const at = (name: string) => join(temporary.path, name);
  let made: ReturnType<typeof makePackage>;
  before(() => {
    for (const name of ["made", "clean", "bin", "node_modules"]) mkdirSync(at(name));
    made = makePackage(at("made"));
    // All that bin/tapline asks for, and no Node.
    for (const name of ["sh", "dirname", "readlink", "mkdir"]) symlinkSync(findProgram(name)!, at(`bin/${name}`));
    execFileSync("tar", ["-xzf", made.archive, "-C", at("clean"), "--strip-components=1"]);
  });
  const clean = (...command: string[]): [string, string[]] => [
    "/usr/bin/env",
    ["-i", "-C", temporary.path, `PATH=${at("bin")}`, ...command],
  ];

  test("the archive runs read, proxy and up by itself", async () => {
    await tryCommands({
      command: (...args) => clean(at("clean/bin/tapline"), ...args),
      outside: temporary.path,
      inside: temporary.path,
    });
  });

  test("it says what it needs, and under which licences its parts are", () => {
    const libraries = readFileSync(at("clean/LIBRARIES"), "utf8");
    for (const library of ["libstdc++.so.6", "libc.so.6", "libbpf.so.1"])
      assert.ok(libraries.includes(library), library);
    const licences = readFileSync(at("clean/THIRD-PARTY-LICENSES"), "utf8");
    const parts = JSON.parse(readFileSync(at("clean/sbom.cdx.json"), "utf8")).components as {
      name: string;
      group?: string;
      version: string;
    }[];
    assert.match(licences, /^Node\.js 24\.21\.0\n/);
    for (const { name, version } of parts) {
      const path = at(`clean/node_modules/${name}/package.json`);
      // Optional ones are not, or in another version.
      if (existsSync(path) && JSON.parse(readFileSync(path, "utf8")).version === version)
        assert.ok(licences.includes(`${name} ${version} (`), name);
    }
    for (const name of ["preact", "uplot", "@codemirror/view"]) assert.ok(licences.includes(`\n${name} `), name);
    for (const name of ["LICENSE", "man/tapline-read.1", "dist/page/index.html"])
      assert.ok(existsSync(at(`clean/${name}`)), name);
    assert.equal(existsSync(at("clean/src")), false);
  });

  test("the npm tarball says what is missing without Node, and runs with one and its packages", async () => {
    const installed = at("node_modules/tapline");
    mkdirSync(installed);
    execFileSync("tar", ["-xzf", made.tarball, "-C", installed, "--strip-components=1"]);
    const without = await runProgram(...clean(join(installed, "bin/tapline"), "--version"));
    assert.deepEqual([without.code, without.stderr], [1, "tapline: no Node found: install Node 24\n"]);
    symlinkSync(process.execPath, at("bin/node"));
    // As npm puts them beside it.
    symlinkSync(at("clean/node_modules"), join(installed, "node_modules"));
    const { code, stdout, stderr } = await runProgram(...clean(join(installed, "bin/tapline"), "--version"));
    assert.deepEqual(
      [code, stdout],
      [0, `${JSON.parse(readFileSync(join(installed, "package.json"), "utf8")).version}\n`],
      stderr,
    );
  });
});
