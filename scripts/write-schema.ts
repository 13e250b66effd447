/** Writes schema/document.schema.json from the code. A test says when it is stale. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { documentSchema } from "../src/analysis/protocols/document-schema.ts";

const path = join(import.meta.dirname, "../schema/document.schema.json");
writeFileSync(path, `${JSON.stringify(documentSchema(), undefined, 2)}\n`);
