import type { Place } from "../../../../model/index.ts";
import { type DocumentNode, MessageReader, refuse } from "../../../../wire/config-document/index.ts";
import { HEADER_VALUE, HEADER_VALUE_OPTION } from "../fields/route-fields.ts";
import type { HeaderAddition, HeaderTemplate, TemplateCommand } from "./route-table.ts";
import { STEERING_HEADERS } from "./steering-headers.ts";

/** Reads `HeaderValueOption`. Throws TaplineError (`configuration`). */
export function readHeaderAddition(node: DocumentNode): HeaderAddition {
  const message = new MessageReader(node, HEADER_VALUE_OPTION);
  const header = new MessageReader(message.requiredNode("header"), HEADER_VALUE);
  const name = header.requiredString("key").toLowerCase();
  refuseName(name, header.placeOf("key"));
  const value = toHeaderText(header.string("value") ?? "");
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(value))
    refuse(header.placeOf("value"), `HeaderValue: ${name}: a value must not have control characters`, "leave them out");
  if (message.node("append") !== undefined && message.node("append_action") !== undefined)
    refuse(message.placeOf("append"), "Both append and append_action are there", "leave append out");
  const append = message.node("append");
  const action = message.enumeration("append_action", ACTIONS) ?? "APPEND_IF_EXISTS_OR_ADD";
  return {
    name,
    value: readTemplate(value, header),
    action: append !== undefined && !message.bool("append") ? "OVERWRITE_IF_EXISTS_OR_ADD" : action,
    keepsEmpty: message.bool("keep_empty_value"),
  };
}

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

/** One that is a part of each message: its method, path, status, host. */
export function isFixedHeader(name: string): boolean {
  return name.startsWith(":") || name === "host";
}

/** Headers are bytes, and Node's have a character for each: a text is sent in UTF-8, as by Envoy. */
export function toHeaderText(text: string): string {
  return Buffer.from(text).toString("latin1");
}

function refuseName(name: string, place: Place): void {
  if (isFixedHeader(name))
    refuse(
      place,
      `:-prefixed or host headers may not be modified: ${name}`,
      "use host_rewrite_literal or prefix_rewrite",
    );
  if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name))
    refuse(place, `HeaderValue: ${JSON.stringify(name)} is no name of a header`, "names are tokens (RFC 9110)");
  if (FRAMING_HEADERS.has(name))
    refuse(place, `HeaderValue: ${name} says where messages end, or what their connection is for`, "leave it out");
  if (STEERING_HEADERS.has(name))
    refuse(place, `HeaderValue: ${name} steers Envoy's router, and nothing here obeys it`, "leave it out");
}

/** Each connection has its own: a message that was given another's would be misread. */
const FRAMING_HEADERS: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

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
