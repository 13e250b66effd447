import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * Programs and data that a suite needs and a machine may lack. Gives node:test's `skip` option: `false` when everything is there, else
 * a text that names what is missing and how to get it.
 */
export function skipUnless(...programs: string[]): string | false {
  const missing = programs.filter((program) => findProgram(program) === undefined);
  return missing.length === 0
    ? false
    : `missing: ${missing.join(", ")} (scripts/setup-tests installs them on Debian and Ubuntu, as root)`;
}

/** The path of a program on PATH (and in the usual system folders), or undefined. */
export function findProgram(program: string): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin", "/usr/local/sbin"];
  return folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
}

/** The shared data beside the project (`../shared/NAME`), and a reason to skip where it is absent. */
export function sharedData(name: string): { readonly path: string; readonly skip: string | false } {
  const root = process.env["TAPLINE_SHARED"] ?? join(import.meta.dirname, "../../../shared");
  const path =
    name.startsWith("corpora") && process.env["TAPLINE_CORPORA"] !== undefined
      ? join(process.env["TAPLINE_CORPORA"], name.slice("corpora".length))
      : join(root, name);
  return { path, skip: existsSync(path) ? false : `missing: ${path}` };
}
