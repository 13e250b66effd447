/** The archive of `npm run package` in a fresh Debian (debootstrap's minbase): no Node, no TZ, no locale. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { findProgram, skipUnless } from "../support/needs.ts";
import { makePackage, tryCommands } from "../support/tapline-package.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

const isRoot = process.getuid?.() === 0;
const skip =
  process.platform === "linux" && process.arch === "x64" && isRoot
    ? skipUnless("debootstrap", "chroot")
    : "needs root on linux-x64";
const folder = makeTemporaryFolder();
after(folder.remove);

test("the same sources give the same bytes", { skip, timeout: 1_200_000 }, () => {
  const digests = ["one", "two"].map((name) => {
    mkdirSync(join(folder.path, name));
    const { archive } = makePackage(join(folder.path, name));
    return createHash("sha256").update(readFileSync(archive)).digest("hex");
  });
  assert.equal(digests[0], digests[1]);
});

test("unpacked in a minbase it runs read, proxy and up", { skip, timeout: 1_800_000 }, async () => {
  const system = join(folder.path, "minbase");
  execFileSync(findProgram("debootstrap")!, ["--variant=minbase", "bookworm", system], {
    stdio: "pipe",
    timeout: 1_200_000,
    env: { ...process.env, PATH: `${process.env["PATH"]}:/usr/sbin:/sbin` },
  });
  for (const path of ["usr/bin/node", "usr/local/bin/node"]) assert.equal(existsSync(join(system, path)), false);
  mkdirSync(join(folder.path, "made"));
  const { archive } = makePackage(join(folder.path, "made"));
  mkdirSync(join(system, "opt/tapline"));
  execFileSync("tar", ["-xzf", archive, "-C", join(system, "opt/tapline"), "--strip-components=1"]);
  const chroot = findProgram("chroot")!;
  await tryCommands({
    command: (...args) => [
      "/usr/bin/env",
      ["-i", "PATH=/usr/bin:/bin", chroot, system, "/usr/bin/env", "-C", "/root", "/opt/tapline/bin/tapline", ...args],
    ],
    outside: join(system, "root"),
    inside: "/root",
  });
});
