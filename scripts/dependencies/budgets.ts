import type { Installed } from "./installed-packages.ts";

/** All packages that are installed with Tapline. */
const MOST_PACKAGES = 160;

/** The most that commands running beside traffic may load. */
const MOST_LOADED = 40;
const SMALL_COMMANDS = ["read", "proxy", "monitor"];

/** Packages that are large: which commands may load them, and whether they must be optional. */
const ON_DEMAND: Readonly<Record<string, { readonly commands: readonly string[]; readonly optional: boolean }>> = {
  "@kubernetes/client-node": { commands: ["agent", "deploy"], optional: true },
  "@modelcontextprotocol/server": { commands: ["mcp"], optional: false },
  fastify: { commands: ["collector", "up", "view"], optional: false },
};

/** Runtime dependencies whose install scripts are known not to be needed, and why. */
const NOT_NEEDED: Readonly<Record<string, string>> = {
  koffi: "its binaries come with the package",
};

/** In what the tree of dependencies is more than it may be; empty where it is not. */
export function checkBudgets(installed: Installed, commands: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const problems: string[] = [];
  const { packages } = installed;
  if (packages.size > MOST_PACKAGES) problems.push(`${packages.size} packages, at most ${MOST_PACKAGES} may be`);
  for (const command of SMALL_COMMANDS) {
    const loaded = commands.get(command);
    if (loaded === undefined) problems.push(`there is no command ${command}`);
    else if (loaded.size > MOST_LOADED)
      problems.push(
        `${command} loads ${loaded.size} packages, at most ${MOST_LOADED} may be: ${[...loaded].join(", ")}`,
      );
  }
  for (const [name, { commands: allowed, optional }] of Object.entries(ON_DEMAND)) {
    for (const [command, loaded] of commands)
      if (loaded.has(name) && !allowed.includes(command))
        problems.push(`${command} loads ${name}, which is for ${allowed.join(", ")}`);
    if (optional && packages.get(name)?.optional === false) problems.push(`${name} must be an optional dependency`);
  }
  for (const [name, { installScript, license }] of packages) {
    if (installScript && NOT_NEEDED[name] === undefined) problems.push(`${name} has an install script`);
    if (license === "unknown licence") problems.push(`${name} names no licence`);
  }
  return problems;
}
