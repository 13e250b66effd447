import type { MessageShape } from "../../../../wire/config-document/index.ts";
import { CARES } from "../cluster/read-dns-resolver.ts";
import * as bootstrap from "./bootstrap-fields.ts";
import * as cluster from "./cluster-fields.ts";
import * as http from "./http-fields.ts";
import * as httpFilters from "./http-filter-fields.ts";
import * as listener from "./listener-fields.ts";
import * as routes from "./route-fields.ts";
import * as tls from "./tls-fields.ts";

/** Every message of Envoy's configuration whose fields Tapline knows: those that are used, those without effect, those refused. */
export const BOOTSTRAP_MESSAGES: readonly MessageShape<string>[] = [
  ...shapesOf(bootstrap),
  ...shapesOf(listener),
  ...shapesOf(http),
  ...shapesOf(routes),
  ...shapesOf(httpFilters),
  ...shapesOf(cluster),
  ...shapesOf(tls),
  CARES,
];

function shapesOf(module: Readonly<Record<string, unknown>>): MessageShape<string>[] {
  return Object.values(module).filter(
    (value): value is MessageShape<string> => typeof value === "object" && value !== null && "fields" in value,
  );
}
