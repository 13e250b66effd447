import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { checkBudgets } from "../../../scripts/dependencies/budgets.ts";
import { packagesOfCommands } from "../../../scripts/dependencies/command-packages.ts";
import { type InstalledPackage, readInstalled } from "../../../scripts/dependencies/installed-packages.ts";
import { makeTemporaryFolder } from "../../support/temporary-folder.ts";

const root = join(import.meta.dirname, "../../..");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

describe("Node's binary is held against the repository's digest", () => {
  test("there is a digest of the pinned version", () => {
    const digests = readFileSync(join(root, "scripts/node-digests"), "utf8");
    for (const platform of ["linux-x64", "linux-arm64"])
      assert.match(digests, new RegExp(`^${manifest.devDependencies.node} ${platform} [0-9a-f]{64}$`, "m"));
  });

  for (const [name, digest, status, says] of [
    ["the right one is marked as checked", "sum", 0, /^$/],
    ["another is refused, by lint and by bin/tapline", "0".repeat(64), 1, /SHA-256 is \w{64}, .* says 0{64}.*'npm ci'/],
  ] as const)
    test(name, (context) => {
      const checkout = plantCheckout(context, "echo ran\n");
      const node = join(checkout, "node_modules/node/bin/node");
      const sum = spawnSync("sha256sum", [node], { encoding: "utf8" }).stdout.slice(0, 64);
      writeFileSync(join(checkout, "scripts/node-digests"), platformLine(digest === "sum" ? sum : digest));
      const check = spawnSync(join(checkout, "scripts/check-node"), { encoding: "utf8" });
      assert.equal(check.status, status);
      assert.match(check.stderr, says);
      assert.equal(existsSync(`${node}.checked`), status === 0);
      const run = spawnSync(join(checkout, "bin/tapline"), ["--version"], { encoding: "utf8" });
      assert.equal(run.status, status);
      assert.equal(run.stdout, status === 0 ? "ran\n" : "");
    });

  test("a platform without a digest is named", (context) => {
    const checkout = plantCheckout(context, "echo ran\n");
    writeFileSync(join(checkout, "scripts/node-digests"), "24.21.0 plan9-mips 00\n");
    const { status, stderr } = spawnSync(join(checkout, "scripts/check-node"), { encoding: "utf8" });
    assert.equal(status, 0);
    assert.match(stderr, /not checked: .* no digest of Node 24\.21\.0 for \w+-\w+/);
  });
});

describe("without install scripts there is no Node in node_modules", () => {
  for (const [version, status] of [
    ["20.20.2", 1],
    ["24.0.0", 0],
  ] as const)
    test(`on Node ${version}`, (context) => {
      const checkout = plantCheckout(context, "");
      rmSync(join(checkout, "node_modules/node/bin"), { recursive: true });
      const old = join(checkout, "old");
      mkdirSync(old);
      writeExecutable(join(old, "node"), `echo ${version}\n`);
      const env = { ...process.env, PATH: `${old}:/usr/bin:/bin` };
      const commands = ["scripts/check-node", ...(status === 0 ? [] : ["bin/tapline"])];
      for (const command of commands) {
        const ran = spawnSync(join(checkout, command), { encoding: "utf8", env });
        assert.equal(ran.status, status, command);
        const says = `tapline: Node ${version} is too old, .*: npm ran no install scripts: run 'npm rebuild node .*\n`;
        assert.match(ran.stderr, status === 0 ? /^$/ : new RegExp(`^${says}$`), command);
      }
    });

  test("is asked before every npm script of ours", () => {
    for (const [name, script] of Object.entries<string>(manifest.scripts))
      if (/\bnode \S+\.ts\b/.test(script)) assert.match(script, /^(sh scripts\/check-node|npm run build) && /, name);
    assert.match(readFileSync(join(root, "scripts/build-library"), "utf8"), /^sh scripts\/check-node && exec .*tsc/m);
  });
});

for (const [where, main, remedy] of [
  ["installed from npm", "bundle/cli/main.js", /install Node 24$/],
  ["installed from npm, unbundled", "dist/cli/main.js", /install Node 24$/],
  ["in a checkout without packages", "src/cli/main.ts", /run 'npm ci' in /],
] as const)
  for (const [version, says] of [
    ["20.19.1", /^tapline: Node 20\.19\.1 is too old, Tapline needs 24 or later: /],
    ["", /^tapline: Node at \S+ is too old/],
  ] as const)
    test(`${where}, on Node ${version || "that does not say its version"}: one line`, (context) => {
      const folder = newFolder(context);
      mkdirSync(join(folder, "bin"));
      copyFileSync(join(root, "bin/tapline"), join(folder, "bin/tapline"));
      mkdirSync(join(folder, main, ".."), { recursive: true });
      writeFileSync(join(folder, main), "");
      const old = join(folder, "old");
      mkdirSync(old);
      writeExecutable(join(old, "node"), version === "" ? "exit 1\n" : `echo ${version}\n`);
      const { status, stderr, stdout } = spawnSync(join(folder, "bin/tapline"), ["read"], {
        encoding: "utf8",
        env: { ...process.env, PATH: `${old}:/usr/bin:/bin` },
      });
      assert.equal(status, 1);
      assert.equal(stdout, "");
      assert.equal(stderr.trimEnd().split("\n").length, 1, stderr);
      assert.match(stderr, says);
      assert.match(stderr.trimEnd(), remedy);
    });

test("in a checkout without packages, on a Node that is new enough: one line", (context) => {
  const folder = newFolder(context);
  for (const file of ["bin/tapline", "bin/tap2pcap", "scripts/check-node"]) {
    mkdirSync(join(folder, file, ".."), { recursive: true });
    copyFileSync(join(root, file), join(folder, file));
  }
  mkdirSync(join(folder, "src/cli"), { recursive: true });
  writeFileSync(join(folder, "src/cli/main.ts"), "");
  const young = join(folder, "young");
  mkdirSync(young);
  writeExecutable(join(young, "node"), "echo 24.0.0\n");
  const run = (command: string) =>
    spawnSync(join(folder, command), { encoding: "utf8", env: { ...process.env, PATH: `${young}:/usr/bin:/bin` } });
  for (const command of ["bin/tapline", "bin/tap2pcap", "scripts/check-node"]) {
    const { status, stderr, stdout } = run(command);
    assert.deepEqual([status, stdout], [1, ""], command);
    assert.match(stderr, /^tapline: the packages it needs are not installed: run 'npm ci'[^\n]*\n$/, command);
  }
  mkdirSync(join(folder, "node_modules"));
  for (const command of ["bin/tapline", "scripts/check-node"]) assert.equal(run(command).status, 0, command);
});

for (const [where, changed, runs] of [
  ["a checkout whose bundle is newest", 1, "bundle/cli/main.js"],
  ["a checkout that was changed since it was bundled", 3, "src/cli/main.ts"],
] as const)
  test(`${where} runs ${runs}`, (context) => {
    const folder = plantCheckout(context, 'for file; do case $file in */main.*) echo "$file" ;; esac; done\n');
    writeFileSync(join(folder, "node_modules/node/bin/node.checked"), "");
    mkdirSync(join(folder, "bundle/cli"), { recursive: true });
    writeFileSync(join(folder, "bundle/cli/main.js"), "");
    utimesSync(join(folder, "bundle/cli/main.js"), 2, 2);
    for (const path of ["src/cli/main.ts", "src/cli", "src"]) utimesSync(join(folder, path), changed, changed);
    const { stdout } = spawnSync(join(folder, "bin/tapline"), ["read"], { encoding: "utf8" });
    assert.equal(stdout.trimEnd(), join(folder, runs));
  });

test("the manifest asks for Node 24, and every dependency is pinned exactly", () => {
  assert.equal(manifest.engines.node, ">=24");
  for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }))
    assert.match(String(version), /^\d+\.\d+\.\d+$/, name);
});

describe("the budget of dependencies", () => {
  const installed = readInstalled(root);
  const commands = packagesOfCommands(root, installed);

  test("holds", () => {
    assert.deepEqual(checkBudgets(installed, commands), []);
  });

  test("what a command can load is found, through modules that are imported when asked for, and workers", () => {
    assert.ok(commands.get("proxy")!.has("sonic-boom"), "a dependency's dependency");
    assert.ok(commands.get("proxy")!.has("yaml"));
    assert.ok(!commands.get("completion")!.has("@connectrpc/connect-node"));
  });

  const facts: InstalledPackage = {
    version: "1.0.0",
    license: "MIT",
    bytes: 1,
    optional: false,
    installScript: false,
    dependencies: [],
  };
  for (const [name, packages, loaded, says] of [
    ["too many packages", many(161, facts), {}, /161 packages, at most 160/],
    ["a command that loads too many", many(41, facts), { read: many(41, facts) }, /read loads 41 packages, at most 40/],
    ["an install script", [["a", { ...facts, installScript: true }]], {}, /a has an install script/],
    ["no licence", [["a", { ...facts, license: "unknown licence" }]], {}, /a names no licence/],
    [
      "Kubernetes that is not optional",
      [["@kubernetes/client-node", facts]],
      {},
      /client-node must be an optional dependency/,
    ],
    [
      "Kubernetes where it is not needed",
      [["@kubernetes/client-node", { ...facts, optional: true }]],
      { read: [["@kubernetes/client-node", facts]] },
      /read loads @kubernetes\/client-node, which is for agent/,
    ],
  ] as const)
    test(`${name} is over it`, () => {
      const loads = new Map(
        ["read", "proxy", "monitor"].map((command) => [
          command,
          new Set((loaded as Record<string, readonly (readonly [string, unknown])[]>)[command]?.map(([name]) => name)),
        ]),
      );
      const problems = checkBudgets(
        { ...installed, packages: new Map(packages as Iterable<[string, InstalledPackage]>) },
        loads,
      );
      assert.equal(problems.length, 1);
      assert.match(problems[0]!, says);
    });
});

/** By name and version: a package may stand in several places of the tree. */
function distinctNames(): string[] {
  const named = [...readInstalled(root).packages].map(([path, { version }]) => {
    const name = path.replace(/^.*node_modules\//, "");
    return [`${name}@${version}`, name] as const;
  });
  return [...new Map(named).values()].sort();
}

test("the bill of materials has every runtime package, and no other", { timeout: 120_000 }, (context) => {
  const folder = newFolder(context);
  for (const name of ["package.json", "package-lock.json"]) copyFileSync(join(root, name), join(folder, name));
  cpSync(join(root, "scripts"), join(folder, "scripts"), { recursive: true });
  const { status, stderr } = spawnSync(process.execPath, [join(folder, "scripts/write-sbom.ts")], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  const sbom = JSON.parse(readFileSync(join(folder, "sbom.cdx.json"), "utf8"));
  assert.equal(sbom.bomFormat, "CycloneDX");
  assert.equal(sbom.metadata.component.name, "tapline");
  assert.deepEqual(sbom.components.map(({ name }: { name: string }) => name).sort(), distinctNames());
  for (const { name, hashes, licenses } of sbom.components)
    assert.ok(hashes[0].content.length > 0 && licenses.length > 0, name);
});

test("the package has what a stranger looks for", { timeout: 120_000 }, () => {
  const { stdout } = spawnSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: root,
    encoding: "utf8",
  });
  const [packed] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  const paths = new Set(packed.files.map(({ path }) => path));
  for (const path of ["LICENSE", "README.md", "CHANGELOG.md", "SECURITY.md", "ARCHITECTURE.md", "docs/read.md"])
    assert.ok(paths.has(path), path);
  assert.ok(![...paths].some((path) => path.endsWith(".test.ts") || path.startsWith("src/")));
  assert.ok(manifest.files.includes("sbom.cdx.json") && manifest.scripts.prepack.includes("write-sbom"));
});

/** A checkout whose Node is a shell script. */
function plantCheckout(context: TestContext, script: string): string {
  const folder = newFolder(context);
  for (const path of ["bin", "scripts", "src/cli", "node_modules/node/bin"])
    mkdirSync(join(folder, path), { recursive: true });
  copyFileSync(join(root, "bin/tapline"), join(folder, "bin/tapline"));
  copyFileSync(join(root, "scripts/check-node"), join(folder, "scripts/check-node"));
  writeFileSync(join(folder, "src/cli/main.ts"), "");
  writeFileSync(join(folder, "node_modules/node/package.json"), '{\n  "name": "node",\n  "version": "24.21.0"\n}\n');
  writeExecutable(join(folder, "node_modules/node/bin/node"), script);
  return folder;
}

/** The digest for this machine in scripts/node-digests. */
function platformLine(digest: string): string {
  return `24.21.0 ${process.platform}-${process.arch} ${digest}\n`;
}

function newFolder(context: TestContext): string {
  const { path, remove } = makeTemporaryFolder();
  context.after(remove);
  return path;
}

function writeExecutable(path: string, script: string): void {
  writeFileSync(path, `#!/bin/sh\n${script}`);
  chmodSync(path, 0o755);
}

function many(count: number, facts: InstalledPackage): [string, InstalledPackage][] {
  return Array.from({ length: count }, (_, index) => [`package-${index}`, facts]);
}
