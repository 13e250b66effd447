import type { OpaqueExchange } from "../../model/index.ts";
import { bodyText } from "../content/body-text.ts";
import type { KindAttribute } from "../protocols/kind-attribute.ts";

/** Under the names that HTTP has for the same. */
export const OPAQUE_ATTRIBUTES: readonly KindAttribute<OpaqueExchange>[] = [
  ...sideAttributes("request", "client"),
  ...sideAttributes("response", "server"),
  { name: "stream", type: "int", phase: "end", get: () => 0, doc: "0: there is one exchange" },
];

function sideAttributes(name: "request" | "response", side: "client" | "server"): KindAttribute<OpaqueExchange>[] {
  return [
    {
      name: `${name}.size`,
      type: "int",
      phase: "end",
      get: (exchange) => exchange[side]?.body.size,
      doc: `bytes that the ${side} sent`,
    },
    {
      name: `${name}.total_size`,
      type: "int",
      phase: "end",
      get: (exchange) => exchange[side]?.body.size,
      doc: `bytes that the ${side} sent`,
    },
    {
      name: `${name}.body`,
      type: "string",
      phase: "end",
      get: (exchange) => bodyText(exchange[side]?.body),
      doc: `what the ${side} sent as UTF-8 text, as far as it was kept`,
    },
  ];
}
