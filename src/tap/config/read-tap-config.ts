import { type DocumentNode, MessageReader, type MessageShape, refuse } from "../../wire/config-document/index.ts";
import { readMatchPredicate } from "./read-match-predicate.ts";
import { readOutputConfig } from "./read-output-config.ts";
import { readRedact, readSample } from "./read-selection.ts";
import type { CommonTapConfig, Sampling, SocketTapConfig, TapConfig } from "./tap-config.ts";
import type { TapKind, TapSite } from "./tap-site.ts";

/** The surroundings of a tap's configuration, which decide what it may ask for. */
export interface TapConfigContext {
  /** There is an admin listener, so that `/tap` can be asked. */
  readonly hasAdmin: boolean;
  /** The clusters that sinks may name; default none. */
  readonly clusters?: readonly string[];
}

const COMMON_CONFIG = {
  name: "CommonExtensionConfig",
  fields: ["admin_config", "static_config"],
  unsupported: { tapds_config: "Envoy removed it: use static_config or admin_config" },
} as const satisfies MessageShape<string>;

const ADMIN_CONFIG = { name: "AdminConfig", fields: ["config_id"] } as const satisfies MessageShape<string>;

const TAP_CONFIG = {
  name: "TapConfig",
  // `sample` and `redact` are ours.
  fields: ["match_config", "match", "output_config", "tap_enabled", "sample", "redact"],
} as const satisfies MessageShape<string>;

const SOCKET_TAP_CONFIG = {
  name: "SocketTapConfig",
  fields: ["set_connection_per_event", "stats_prefix"],
} as const satisfies MessageShape<string>;

const SAMPLING = {
  name: "RuntimeFractionalPercent",
  fields: ["default_value"],
  // There is no runtime to look the key up in.
  withoutEffect: { runtime_key: ["there is no runtime: its default holds", "tap.enabled"] },
} as const satisfies MessageShape<string>;

const FRACTIONAL_PERCENT = {
  name: "FractionalPercent",
  fields: ["numerator", "denominator"],
} as const satisfies MessageShape<string>;

const DENOMINATORS = { HUNDRED: 100, TEN_THOUSAND: 10_000, MILLION: 1_000_000 } as const;

/**
 * Reads `CommonExtensionConfig` and, of a transport socket, `SocketTapConfig`.
 *
 * @param socket the node of `socket_tap_config`, where it is set
 * @throws TaplineError (`configuration`) with file, line and column
 */
export function readSocketTapConfig(
  common: DocumentNode,
  socket: DocumentNode | undefined,
  context: TapConfigContext,
): SocketTapConfig {
  const reader = socket === undefined ? undefined : new MessageReader(socket, SOCKET_TAP_CONFIG);
  return {
    common: readCommonTapConfig(common, context, "socket"),
    setConnectionPerEvent: reader?.bool("set_connection_per_event") ?? false,
    statsPrefix: reader?.string("stats_prefix") ?? "",
  };
}

/** Reads `CommonExtensionConfig`, which the transport socket and the HTTP filter share. */
export function readCommonTapConfig(node: DocumentNode, context: TapConfigContext, kind: TapKind): CommonTapConfig {
  const message = new MessageReader(node, COMMON_CONFIG);
  const form = message.requiredOneOf("admin_config", "static_config");
  const value = message.requiredNode(form);
  if (form === "static_config") {
    const site: TapSite = { origin: "static", watches: [kind], clusters: context.clusters ?? [] };
    return { kind: "static", tap: readTapConfig(value, site) };
  }
  const configId = new MessageReader(value, ADMIN_CONFIG).requiredString("config_id");
  if (!context.hasAdmin)
    refuse(
      message.placeOf(form),
      `admin_config: nothing can be posted for ${JSON.stringify(configId)}, because there is no admin listener`,
      "add admin: {address: …} to the configuration, or use static_config",
    );
  return { kind: "admin", configId };
}

/** Reads `TapConfig`, of a configuration file or of a request to `/tap`. */
export function readTapConfig(node: DocumentNode, site: TapSite): TapConfig {
  const message = new MessageReader(node, TAP_CONFIG);
  const match = message.node("match") ?? message.node("match_config");
  if (match === undefined)
    refuse(
      node.place,
      "Neither match nor match_config is set in TapConfig",
      "to tap everything, add match: {any_match: true}",
    );
  // Envoy takes `match` where both are set; the other one must still be right.
  if (message.has("match_config")) readMatchPredicate(message.requiredNode("match_config"), site);
  const predicate = readMatchPredicate(match, site);
  const output = readOutputConfig(message.requiredNode("output_config"), site);
  const enabled = message.node("tap_enabled");
  const sample = message.node("sample");
  const redact = message.node("redact");
  const selection = sample === undefined ? {} : readSample(sample, output, site);
  if (enabled !== undefined && selection.sampling !== undefined)
    refuse(message.placeOf("sample"), "sample: tap_enabled says a rate too", "leave one of the two out");
  const redaction = redact === undefined ? undefined : readRedact(redact, output, site);
  return {
    match: predicate,
    output,
    ...(enabled !== undefined && { sampling: readSampling(enabled) }),
    ...selection,
    ...(redaction && { redaction }),
  };
}

function readSampling(node: DocumentNode): Sampling {
  const percent = new MessageReader(
    new MessageReader(node, SAMPLING).requiredNode("default_value"),
    FRACTIONAL_PERCENT,
  );
  const names = { 0: "HUNDRED", 1: "TEN_THOUSAND", 2: "MILLION" } as const;
  return {
    numerator: percent.uint32("numerator") ?? 0,
    denominator: DENOMINATORS[percent.enumeration("denominator", names) ?? "HUNDRED"],
  };
}
