/**
 * `npm run deps`: the tree of what is installed with Tapline, with licences and sizes; which packages each command can load; which
 * packages bring install scripts. Fails when a budget is exceeded.
 *
 * usage: node scripts/list-dependencies.ts [ROOT]
 */
import { join, resolve } from "node:path";
import { checkBudgets } from "./dependencies/budgets.ts";
import { packagesOfCommands } from "./dependencies/command-packages.ts";
import { type Installed, readInstalled } from "./dependencies/installed-packages.ts";

const root = resolve(process.argv[2] ?? join(import.meta.dirname, ".."));
const installed = readInstalled(root);
const commands = packagesOfCommands(root, installed);

console.log(`${installed.name} ${installed.version} (${installed.license})`);
const shown = new Set<string>();
for (const name of installed.direct) printTree(name, 1);

const bytes = [...installed.packages.values()].reduce((sum, { bytes }) => sum + bytes, 0);
console.log(`\n${installed.packages.size} packages, ${formatSize(bytes)}\n`);
for (const [command, packages] of commands)
  console.log(`${command.padEnd(14)} loads at most ${packages.size} packages`);
console.log(
  `\ninstall scripts at run time: ${list(installed.packages, ({ installScript }) => installScript) || "none"}`,
);
console.log(
  `install scripts of development: ${list(installed.development, ({ installScript }) => installScript) || "none"}`,
);

const problems = checkBudgets(installed, commands);
for (const problem of problems) console.error(`over the budget: ${problem}`);
if (problems.length > 0) process.exitCode = 1;

/** A package that was printed before is only named: its own dependencies stand there. */
function printTree(name: string, depth: number): void {
  const { version, license, bytes, optional, dependencies } = installed.packages.get(name)!;
  const again = shown.has(name);
  const facts = again ? "see above" : `${license}, ${formatSize(bytes)}${optional ? ", optional" : ""}`;
  console.log(`${"  ".repeat(depth)}${name} ${version} (${facts})`);
  if (again) return;
  shown.add(name);
  for (const dependency of dependencies) printTree(dependency, depth + 1);
}

function list(packages: Installed["packages"], wanted: (of: { installScript: boolean }) => boolean): string {
  return [...packages]
    .filter(([, facts]) => wanted(facts))
    .map(([name]) => name)
    .join(", ");
}

function formatSize(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
