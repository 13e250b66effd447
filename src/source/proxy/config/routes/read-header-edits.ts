import { type DocumentNode, MessageReader, readEach, refuse } from "../../../../wire/config-document/index.ts";
import { HEADER_VALUE, HEADER_VALUE_OPTION } from "../fields/route-fields.ts";
import { type RouteFilters, readFilterSwitches } from "./read-filter-switches.ts";
import type { HasEdits, HeaderAddition, HeaderEdits, HeaderTemplate, TemplateCommand } from "./route-table.ts";

const ACTIONS = {
  0: "APPEND_IF_EXISTS_OR_ADD",
  1: "ADD_IF_ABSENT",
  2: "OVERWRITE_IF_EXISTS_OR_ADD",
  3: "OVERWRITE_IF_EXISTS",
} as const;

const COMMANDS: readonly TemplateCommand[] = [
  "DOWNSTREAM_REMOTE_ADDRESS",
  "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT",
  "DOWNSTREAM_REMOTE_PORT",
  "DOWNSTREAM_LOCAL_ADDRESS",
  "DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT",
  "DOWNSTREAM_LOCAL_PORT",
  "PROTOCOL",
  "UPSTREAM_CLUSTER",
];

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
      remove: message.strings("request_headers_to_remove").map((name) => name.toLowerCase()),
      add: readEach(message.list("request_headers_to_add"), readAddition),
    },
    responseEdits: {
      remove: message.strings("response_headers_to_remove").map((name) => name.toLowerCase()),
      add: readEach(message.list("response_headers_to_add"), readAddition),
    },
    ...readFilterSwitches(message.node("typed_per_filter_config"), filters),
  };
}

export function hasEdits({ requestEdits, responseEdits }: HasEdits): boolean {
  return [requestEdits, responseEdits].some(({ remove, add }) => remove.length + add.length > 0);
}

function readAddition(node: DocumentNode): HeaderAddition {
  const message = new MessageReader(node, HEADER_VALUE_OPTION);
  const header = new MessageReader(message.requiredNode("header"), HEADER_VALUE);
  const name = header.requiredString("key").toLowerCase();
  if (name.startsWith(":") || name === "host")
    refuse(
      header.placeOf("key"),
      `:-prefixed or host headers may not be modified: ${name}`,
      "use host_rewrite_literal or prefix_rewrite",
    );
  const bytes = header.bytes("raw_value");
  const value = bytes === undefined ? (header.string("value") ?? "") : Buffer.from(bytes).toString("latin1");
  const append = message.node("append");
  const action = message.enumeration("append_action", ACTIONS) ?? "APPEND_IF_EXISTS_OR_ADD";
  return {
    name,
    value: readTemplate(value, header),
    action: append !== undefined && !message.bool("append") ? "OVERWRITE_IF_EXISTS_OR_ADD" : action,
    keepsEmpty: message.bool("keep_empty_value"),
  };
}

/** `%%` is a percent sign, `%COMMAND(ARGUMENTS)%` what is known of the request. */
function readTemplate(text: string, header: MessageReader<(typeof HEADER_VALUE.fields)[number]>): HeaderTemplate {
  const parts: HeaderTemplate[number][] = [];
  let rest = text;
  while (rest !== "") {
    const at = rest.indexOf("%");
    if (at < 0) return [...parts, rest];
    if (at > 0) parts.push(rest.slice(0, at));
    rest = rest.slice(at);
    if (rest.startsWith("%%")) {
      parts.push("%");
      rest = rest.slice(2);
      continue;
    }
    const found = /^%([A-Z_]+)(?:\(([^)]*)\)(?::(\d+))?)?%/.exec(rest);
    const command = found === null ? undefined : readCommand(found[1]!, found[2], found[3]);
    if (found === null || command === undefined)
      return refuse(
        header.placeOf("value"),
        `HeaderValue: ${found === null ? "a % that begins no command" : `%${found[1]}%`} is not supported`,
        `known are %REQ(NAME)%, %REQ(NAME?OTHER):LENGTH%, %RESP(NAME)%, ${COMMANDS.map((one) => `%${one}%`).join(", ")}; %% is a percent sign`,
      );
    parts.push(command);
    rest = rest.slice(found[0].length);
  }
  return parts;
}

function readCommand(
  name: string,
  argument: string | undefined,
  length: string | undefined,
): HeaderTemplate[number] | undefined {
  if ((name === "REQ" || name === "RESP") && argument !== undefined && argument !== "") {
    const headers = argument.toLowerCase().split("?");
    return { command: name, headers, ...(length !== undefined && { maxLength: Number(length) }) };
  }
  const command = COMMANDS.find((one) => one === name);
  return command === undefined || argument !== undefined ? undefined : { command, headers: [] };
}
