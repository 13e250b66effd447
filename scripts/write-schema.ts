/** Writes the schemas of schema/ from the code. A test says when one is stale. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { documentSchema } from "../src/analysis/protocols/document-schema.ts";
import { comparisonSchema } from "../src/sink/terminal/comparison/schema.ts";
import { summarySchema } from "../src/sink/terminal/summary/schema.ts";

for (const [name, schema] of Object.entries({
  document: documentSchema(),
  summary: summarySchema(),
  diff: comparisonSchema(),
})) {
  const path = join(import.meta.dirname, `../schema/${name}.schema.json`);
  writeFileSync(path, `${JSON.stringify(schema, undefined, 2)}\n`);
}
