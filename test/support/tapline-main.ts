import { join } from "node:path";

/** The command line as a file for Node: the bundle that `scripts/run-tests.ts` made of the sources, or else the sources. */
export const MAIN = process.env["TAPLINE_BUNDLE"] ?? join(import.meta.dirname, "../../src/cli/main.ts");
