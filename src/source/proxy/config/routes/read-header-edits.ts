import { type MessageReader, readEach, refuse } from "../../../../wire/config-document/index.ts";
import { type RouteFilters, readFilterSwitches } from "./read-filter-switches.ts";
import { isFixedHeader, readHeaderAddition } from "./read-header-addition.ts";
import type { HasEdits, HeaderEdits } from "./route-table.ts";

export type EditedMessage = MessageReader<
  | "request_headers_to_add"
  | "request_headers_to_remove"
  | "response_headers_to_add"
  | "response_headers_to_remove"
  | "typed_per_filter_config"
>;

export const NO_EDITS: HeaderEdits = { remove: [], add: [] };

/** Reads what one level of a route table does to headers and filters. Throws TaplineError (`configuration`). */
export function readEdits(message: EditedMessage, filters: RouteFilters): HasEdits {
  return {
    requestEdits: {
      remove: readRemovals(message, "request_headers_to_remove"),
      add: readEach(message.list("request_headers_to_add"), readHeaderAddition),
    },
    responseEdits: {
      remove: readRemovals(message, "response_headers_to_remove"),
      add: readEach(message.list("response_headers_to_add"), readHeaderAddition),
    },
    ...readFilterSwitches(message.node("typed_per_filter_config"), filters),
  };
}

export function hasEdits({ requestEdits, responseEdits }: HasEdits): boolean {
  return [requestEdits, responseEdits].some(({ remove, add }) => remove.length + add.length > 0);
}

function readRemovals(
  message: EditedMessage,
  field: "request_headers_to_remove" | "response_headers_to_remove",
): readonly string[] {
  const names = message.strings(field).map((name) => name.toLowerCase());
  const fixed = names.find(isFixedHeader);
  if (fixed !== undefined)
    refuse(message.placeOf(field), `:-prefixed or host headers may not be removed: ${fixed}`, "leave it out");
  return names;
}
