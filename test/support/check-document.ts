import assert from "node:assert/strict";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { documentSchema } from "../../src/analysis/protocols/document-schema.ts";

const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
(formats as unknown as (ajv: Ajv2020) => void)(ajv);

/** The schema with nothing let through that it does not name: a field that it forgot is found. */
const validate = ajv.compile(documentSchema(true));

/** A document as it is read from a line: it has to be what the published schema says. */
export function checkDocument(document: unknown): void {
  if (!validate(document))
    assert.fail(
      `${ajv.errorsText(validate.errors?.filter(({ keyword }) => keyword !== "oneOf"))}\n${JSON.stringify(document)}`,
    );
}
