import type { Place } from "../../../model/index.ts";
import {
  type DocumentNode,
  MessageReader,
  type MessageShape,
  readString,
  refuse,
} from "../../../wire/config-document/index.ts";
import { suggestName } from "../../../wire/text/suggest-name.ts";

/** An extension that a configuration names: what it is, and its fields. */
export interface Extension<Kind extends string> {
  readonly kind: Kind;
  /** The content of `config` or `typed_config`, `@type` taken out; empty where there is neither. */
  readonly config: DocumentNode;
  readonly name: string;
  /** `disabled`, of HTTP filters. */
  readonly isDisabled: boolean;
  readonly place: Place;
}

/** Under which names and message types an extension goes. */
export interface ExtensionNames {
  readonly names: readonly string[];
  /** Full names of messages: what follows the last `/` of an `@type`. The first is the one that is suggested. */
  readonly types: readonly string[];
}

/** Names and types that are known and cannot be used here, with what to do about it. */
export type UnsupportedExtensions = Readonly<Record<string, string>>;

const EXTENSION = {
  name: "extension",
  fields: ["name", "config", "typed_config", "disabled"],
  labels: ["is_optional"],
  unsupported: { config_discovery: "there is no control plane: use typed_config" },
} as const satisfies MessageShape<string>;

/**
 * Reads `{name, config}` (v2) or `{name, typed_config}` (v2 and v3) and finds out which extension it is: by the `@type` of
 * `typed_config`, whatever the name says, and by the name where there is none.
 *
 * @param what what messages call it: `transport socket`, `network filter`
 */
export function readExtension<Kind extends string>(
  node: DocumentNode,
  what: string,
  known: Readonly<Record<Kind, ExtensionNames>>,
  unsupported: UnsupportedExtensions = {},
): Extension<Kind> {
  const message = new MessageReader(node, { ...EXTENSION, name: what });
  message.oneOf("config", "typed_config");
  const isDisabled = message.bool("disabled");
  const given = message.string("name") ?? "";
  const kinds = Object.entries<ExtensionNames>(known) as [Kind, ExtensionNames][];
  const value = message.node("typed_config");
  // Envoys before 1.22 take `typed_config: {}` for none.
  if (value !== undefined && !(value.kind === "mapping" && value.entries.length === 0)) {
    const { type, place, config } = takeType(value, what);
    const found = kinds.find(([, names]) => names.types.includes(type));
    if (found === undefined)
      refuseName(
        place,
        `${what}: @type ${type}`,
        type,
        kinds.flatMap(([, names]) => names.types),
        unsupported,
      );
    return { kind: found[0], config, name: given, isDisabled, place: node.place };
  }
  const name = message.requiredString("name");
  const found = kinds.find(([, names]) => names.names.includes(name));
  if (found === undefined)
    refuseName(
      message.placeOf("name"),
      `${what} ${JSON.stringify(name)}`,
      name,
      kinds.flatMap(([, names]) => names.names),
      unsupported,
    );
  return {
    kind: found[0],
    config: message.node("config") ?? { kind: "mapping", entries: [], place: node.place },
    name: given,
    isDisabled,
    place: node.place,
  };
}

function takeType(node: DocumentNode, what: string): { type: string; place: Place; config: DocumentNode } {
  const entry = node.kind === "mapping" ? node.entries.find(({ key }) => key === "@type") : undefined;
  if (entry === undefined || node.kind !== "mapping")
    return refuse(node.place, `${what}: typed_config has no "@type"`, "add the type of the message, or use config");
  const url = readString(entry.value, "@type");
  return {
    type: url.slice(url.lastIndexOf("/") + 1),
    place: entry.value.place,
    config: { ...node, entries: node.entries.filter((other) => other !== entry) },
  };
}

function refuseName(
  place: Place,
  found: string,
  name: string,
  known: readonly string[],
  unsupported: UnsupportedExtensions,
): never {
  const advice = unsupported[canonicalName(name, unsupported)];
  if (advice !== undefined) refuse(place, `${found} is not supported`, advice === "" ? undefined : advice);
  const meant = suggestName(name, [...known, ...Object.keys(unsupported)]);
  // A name of Envoy's that is close to none: it is one that is not here rather than a misspelt one.
  const isForeign = meant === undefined && /^(envoy|udpa|xds|contrib)\./.test(name);
  return refuse(
    place,
    isForeign ? `${found} is not supported` : `${found} is not known`,
    meant === undefined ? `known are ${known.join(", ")}` : `did you mean ${meant}?`,
  );
}

/** The name that an extension of Envoy's goes by, of its message's, or of the name that it had before Envoy 1.14. */
function canonicalName(name: string, unsupported: UnsupportedExtensions): string {
  const filter = /^envoy\.(?:extensions\.filters|config\.filter)\.(http|network|listener)\.(\w+)\.v\d/.exec(name);
  if (filter !== null) return `envoy.filters.${filter[1]}.${filter[2]}`;
  const socket = /^envoy\.(?:extensions\.transport_sockets|config\.transport_socket)\.(\w+)\.v\d/.exec(name);
  if (socket !== null) return `envoy.transport_sockets.${socket[1]}`;
  const cluster = /^envoy\.(?:extensions\.clusters|config\.cluster)\.(\w+)\.v\d|^envoy\.cluster\.(\w+)$/.exec(name);
  if (cluster !== null) return `envoy.clusters.${cluster[1] ?? cluster[2]}`;
  const [, short] = /^envoy\.(?:listener\.)?(\w+)$/.exec(name) ?? [];
  if (short === undefined) return name;
  const known = OLD_NAMES[short] ?? short;
  return Object.keys(unsupported).find((full) => full.endsWith(`.${known}`)) ?? name;
}

const OLD_NAMES: Readonly<Record<string, string>> = {
  http_dynamo_filter: "dynamo",
  local_rate_limit: "local_ratelimit",
  rate_limit: "ratelimit",
};
