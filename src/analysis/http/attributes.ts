import type { Attribute } from "../filter/attributes/attribute.ts";
import { splitTarget } from "../filter/attributes/measures.ts";
import { templatePath } from "../routes/template-path.ts";

/** What only exchanges of HTTP have. */
export const HTTP_ATTRIBUTES: readonly Attribute[] = [
  {
    name: "route",
    type: "string",
    kinds: ["http"],
    phase: "request-headers",
    get: {
      exchange: ({ request }) =>
        request?.target === undefined ? undefined : templatePath(splitTarget(request.target).path),
    },
    doc: "the path with `{id}` for numbers, UUIDs, hashes and long hexadecimal: `/users/{id}`",
  },
];
