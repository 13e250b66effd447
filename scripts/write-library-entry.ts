/**
 * Writes lib/cilium.js, what `import "tapline/cilium"` gives in Node: the names that src/wire/cilium exports, from the sources
 * where they stand beside it (a checkout, also when it is linked into another project), else from what was built of them.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as library from "../src/wire/cilium/index.ts";

// An export of this name would hide the global one inside the file.
const names = Object.keys(library)
  .filter((name) => name !== "JSON")
  .sort();
const text = `// Written by scripts/write-library-entry.ts. A checkout has the sources, which Node 24 runs as they stand; a package has only what
// was built of them, and so has an older Node.
const NO_SOURCES = [
  "ERR_MODULE_NOT_FOUND",
  "ERR_UNKNOWN_FILE_EXTENSION",
  "ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING",
];
const library = await import("../src/wire/cilium/index.ts").catch((error) => {
  if (!NO_SOURCES.includes(error.code)) throw error;
  return import("../dist/wire/cilium/index.js");
});

export const {
${names.map((name) => `  ${name},\n`).join("")}} = library;
export { JSON_OUTPUT as JSON };
`;
writeFileSync(join(import.meta.dirname, "../lib/cilium.js"), text);
