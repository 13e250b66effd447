import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

export interface InstalledPackage {
  readonly version: string;
  readonly license: string;
  /** Size of its installed files; 0 where it is not installed. */
  readonly bytes: number;
  readonly optional: boolean;
  readonly installScript: boolean;
  /** Paths in the lockfile, without the leading `node_modules/`. */
  readonly dependencies: readonly string[];
}

export interface Installed {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly direct: readonly string[];
  readonly packages: ReadonlyMap<string, InstalledPackage>;
  readonly development: ReadonlyMap<string, InstalledPackage>;
}

/** Lists the packages that package-lock.json has under `root`, without development dependencies. */
export function readInstalled(root: string): Installed {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as { packages: Record<string, Entry> };
  const own = lock.packages[""]!;
  const packages = new Map<string, InstalledPackage>();
  const development = new Map<string, InstalledPackage>();
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (path === "") continue;
    const folder = join(root, path);
    (entry.dev === true ? development : packages).set(nameOf(path), {
      version: entry.version,
      license: entry.license ?? "unknown licence",
      bytes: entry.dev === true || !existsSync(folder) ? 0 : sizeOf(folder),
      optional: entry.optional === true,
      installScript: entry.hasInstallScript === true,
      dependencies: namesOf(entry)
        .map((name) => resolvePackage(lock.packages, path, name))
        .filter((name) => name !== undefined),
    });
  }
  const { name = "tapline", version, license = "unknown licence" } = own;
  return { name, version, license, direct: namesOf(own), packages, development };
}

interface Entry {
  readonly name?: string;
  readonly version: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly peerDependencies?: Record<string, string>;
}

function namesOf(entry: Entry): string[] {
  return Object.keys({ ...entry.dependencies, ...entry.optionalDependencies, ...entry.peerDependencies });
}

/** As Node resolves it: in the package's own folder first, then in those above; undefined where it is not installed. */
function resolvePackage(packages: Record<string, Entry>, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")))) {
    const path = folder === "" ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (packages[path] !== undefined) return nameOf(path);
    if (folder === "") return undefined;
  }
}

function nameOf(path: string): string {
  return path.slice("node_modules/".length);
}

function sizeOf(folder: string): number {
  let bytes = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isFile()) bytes += statSync(path).size;
    else if (entry.isDirectory() && entry.name !== "node_modules") bytes += sizeOf(path);
  }
  return bytes;
}
