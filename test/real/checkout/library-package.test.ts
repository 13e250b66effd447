import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import * as library from "../../../src/wire/cilium/index.ts";
import { makeTemporaryFolder } from "../../support/temporary-folder.ts";

const ROOT = join(import.meta.dirname, "../../..");
const SHOW = 'import * as cilium from "tapline/cilium"; console.log(Object.keys(cilium).sort().join(" "));';
const NAMES = `${Object.keys(library).sort().join(" ")}\n`;

test("the library's entry has every name that the sources export", async () => {
  const entry = await import("../../../lib/cilium.js" as string);
  assert.deepEqual(Object.keys(entry).sort(), Object.keys(library).sort(), "node scripts/write-library-entry.ts");
  for (const [name, value] of Object.entries(library)) assert.equal(entry[name], value, name);
});

test("it is imported in a fresh checkout, and where that is installed, with nothing built", (context) => {
  const folder = folderOf(context);
  const checkout = join(folder, "checkout");
  for (const file of listFiles()) {
    mkdirSync(dirname(join(checkout, file)), { recursive: true });
    cpSync(join(ROOT, file), join(checkout, file));
  }
  assert.equal(run(process.execPath, ["--input-type=module", "-e", SHOW], checkout), NAMES);
  const project = join(folder, "project");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), '{"name": "project", "type": "module", "private": true}');
  run("npm", ["install", "--offline", "--no-audit", "--no-fund", "../checkout"], project);
  assert.equal(run(process.execPath, ["--input-type=module", "-e", SHOW], project), NAMES);
});

const skip = existsSync(join(ROOT, "dist/wire/cilium/index.js")) ? false : "missing: dist (npm run build)";

test("it is imported from the package, where there are no sources, and by require too", { skip }, (context) => {
  const folder = folderOf(context);
  // The build stays as it is: making the package would build it again.
  run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], ROOT);
  const tarball = readdirSync(folder).find((name) => name.endsWith(".tgz"))!;
  const installed = join(folder, "node_modules/tapline");
  mkdirSync(installed, { recursive: true });
  run("tar", ["-xzf", join(folder, tarball), "-C", installed, "--strip-components=1"], folder);
  assert.equal(existsSync(join(installed, "src")), false);
  const show = "console.log(typeof MonitorFormatter, getAllTypes().length)";
  const names = "{ MonitorFormatter, getAllTypes }";
  for (const [type, code] of [
    ["module", `import ${names} from "tapline/cilium"; ${show}`],
    ["commonjs", `const ${names} = require("tapline/cilium"); ${show}`],
  ] as const)
    assert.equal(run(process.execPath, [`--input-type=${type}`, "-e", code], folder), "function 7\n", type);
});

test("the page's example runs as it stands", (context) => {
  const folder = folderOf(context);
  const page = readFileSync(join(ROOT, "docs/monitor.md"), "utf8");
  const example = /## As a library[\s\S]*?```ts\n([\s\S]*?)```/.exec(page)![1]!;
  const message = `02010a00efbeadde010000000200000003000000`;
  const payload = library.encodePayload({
    data: Buffer.from(message, "hex"),
    cpu: 3,
    lost: 0n,
    type: library.EventSample,
  });
  // The example's socket is the agent's: here an agent that sends one event, and ends.
  const socket = join(folder, "monitor.sock");
  writeFileSync(
    join(folder, "agent.mjs"),
    `import { createServer } from "node:net";
     const server = createServer((client) => { client.end(Buffer.from("${Buffer.concat([library.PAYLOAD_DEFINITION, payload]).toString("hex")}", "hex")); server.close(); });
     server.listen("${socket}", () => import("./example.ts"));`,
  );
  writeFileSync(join(folder, "example.ts"), example.replaceAll("/var/run/cilium/monitor1_2.sock", socket));
  mkdirSync(join(folder, "node_modules"));
  run("ln", ["-s", ROOT, join(folder, "node_modules/tapline")], folder);
  assert.equal(
    run(process.execPath, ["agent.mjs"], folder),
    "CPU 03: MARK 0xdeadbeef FROM 10 DEBUG: No message, arg1=1 (0x1) arg2=2 (0x2)\n",
  );
});

function folderOf(context: TestContext): string {
  const { path, remove } = makeTemporaryFolder();
  context.after(remove);
  return path;
}

/** The files of a clone: the files that git knows of. */
function listFiles(): string[] {
  return run("git", ["ls-files", "--cached", "--others", "--exclude-standard"], ROOT).trim().split("\n");
}

function run(program: string, args: readonly string[], cwd: string): string {
  const { stdout, stderr, status } = spawnSync(program, args, { cwd, encoding: "utf8", timeout: 300_000 });
  assert.equal(status, 0, `${program} ${args.join(" ")}: ${stderr}`);
  return stdout;
}
