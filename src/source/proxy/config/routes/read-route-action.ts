import { type DocumentNode, MessageReader, readEach, refuse } from "../../../../wire/config-document/index.ts";
import {
  CLUSTER_WEIGHT,
  CONNECT_CONFIG,
  DIRECT_RESPONSE,
  MAX_STREAM_DURATION,
  REDIRECT,
  ROUTE_ACTION,
  ROUTE_UPGRADE,
  UPGRADE,
  WEIGHTED_CLUSTER,
} from "../fields/route-fields.ts";
import type { ReadContext } from "../read-context.ts";
import { readDataSource } from "../transport/read-data-source.ts";
import type { RouteFilters } from "./read-filter-switches.ts";
import { toHeaderText } from "./read-header-addition.ts";
import { readEdits } from "./read-header-edits.ts";
import type { DirectAction, ForwardAction, HostRewrite, RedirectAction, TargetCluster } from "./route-table.ts";

const DEFAULT_TIMEOUT_MILLIS = 15_000;
const NOT_FOUND = { 0: "SERVICE_UNAVAILABLE", 1: "NOT_FOUND", 2: "INTERNAL_SERVER_ERROR" } as const;
const NOT_FOUND_STATUS = { SERVICE_UNAVAILABLE: 503, NOT_FOUND: 404, INTERNAL_SERVER_ERROR: 500 } as const;

type Action = MessageReader<(typeof ROUTE_ACTION.fields)[number]>;

/** Reads `RouteAction`. Throws TaplineError (`configuration`). */
export function readForward(node: DocumentNode, filters: RouteFilters): ForwardAction {
  const message: Action = new MessageReader(node, ROUTE_ACTION);
  const idle = message.durationMillis("idle_timeout");
  const duration = message.node("max_stream_duration");
  const longest = duration && new MessageReader(duration, MAX_STREAM_DURATION).durationMillis("max_stream_duration");
  const prefixRewrite = toHeaderText(message.string("prefix_rewrite") ?? "");
  const hostRewrite = readHostRewrite(message);
  return {
    kind: "forward",
    target: readTarget(message, filters),
    notFoundStatus:
      NOT_FOUND_STATUS[message.enumeration("cluster_not_found_response_code", NOT_FOUND) ?? "SERVICE_UNAVAILABLE"],
    // As in Envoy: who limits a stream has no other timeout.
    timeoutMillis: longest === undefined ? (message.durationMillis("timeout") ?? DEFAULT_TIMEOUT_MILLIS) : 0,
    isTimed: message.has("timeout"),
    ...(idle !== undefined && { idleTimeoutMillis: idle }),
    ...(longest !== undefined && { maxStreamMillis: longest }),
    ...(prefixRewrite !== "" && { prefixRewrite }),
    ...(hostRewrite !== undefined && { hostRewrite }),
    appendsForwardedHost: message.bool("append_x_forwarded_host"),
    ...readRouteUpgrades(message.list("upgrade_configs")),
  };
}

/** Reads a manager's `UpgradeConfig`s: by kind, in lower case, whether it is on. */
export function readUpgrades(nodes: readonly DocumentNode[]): ReadonlyMap<string, boolean> {
  return new Map(nodes.map((node) => readUpgrade(new MessageReader(node, UPGRADE))));
}

function readRouteUpgrades(nodes: readonly DocumentNode[]): Pick<ForwardAction, "upgrades" | "endsTunnels"> {
  const upgrades = new Map<string, boolean>();
  let endsTunnels = false;
  for (const node of nodes) {
    const message = new MessageReader(node, ROUTE_UPGRADE);
    const [type, isOn] = readUpgrade(message);
    upgrades.set(type, isOn);
    const connect = message.node("connect_config");
    if (connect === undefined) continue;
    new MessageReader(connect, CONNECT_CONFIG);
    if (type !== "connect")
      refuse(message.placeOf("connect_config"), `Non-CONNECT upgrade type ${type} has ConnectConfig`);
    endsTunnels = true;
  }
  return { upgrades, endsTunnels };
}

function readUpgrade(message: MessageReader<"upgrade_type" | "enabled">): readonly [type: string, isOn: boolean] {
  const type = message.requiredString("upgrade_type").toLowerCase();
  const isOn = !message.has("enabled") || message.bool("enabled");
  if (isOn && type !== "websocket" && type !== "connect")
    refuse(message.placeOf("upgrade_type"), `upgrade_type: ${type} is not supported`, "expected websocket or CONNECT");
  return [type, isOn];
}

function readHostRewrite(message: Action): HostRewrite | undefined {
  const form = message.oneOf("host_rewrite_literal", "host_rewrite", "auto_host_rewrite", "host_rewrite_header");
  if (form === undefined) return undefined;
  if (form === "auto_host_rewrite") return message.bool(form) ? { kind: "endpoint" } : undefined;
  if (form === "host_rewrite_header") return { kind: "header", header: message.requiredString(form).toLowerCase() };
  const value = message.string(form) ?? "";
  return value === "" ? undefined : { kind: "literal", value: toHeaderText(value) };
}

function readTarget(message: Action, filters: RouteFilters): ForwardAction["target"] {
  const form = message.requiredOneOf("cluster", "cluster_header", "weighted_clusters");
  if (form === "cluster_header") return { kind: "header", header: message.requiredString(form).toLowerCase() };
  if (form === "weighted_clusters") return readWeighted(message.requiredNode(form), filters);
  const name = message.requiredString("cluster");
  return { kind: "clusters", clusters: [{ name, weight: 1, ...NOTHING }] };
}

const NOTHING = {
  requestEdits: { remove: [], add: [] },
  responseEdits: { remove: [], add: [] },
  filters: new Map<string, boolean>(),
};

function readWeighted(node: DocumentNode, filters: RouteFilters): ForwardAction["target"] {
  const message = new MessageReader(node, WEIGHTED_CLUSTER);
  const clusters = readEach(message.list("clusters"), (item): TargetCluster => {
    const one = new MessageReader(item, CLUSTER_WEIGHT);
    const literal = one.string("host_rewrite_literal") ?? "";
    return {
      name: one.requiredString("name"),
      weight: one.uint32("weight") ?? 0,
      ...readEdits(one, filters),
      ...(literal !== "" && { hostRewrite: { kind: "literal", value: toHeaderText(literal) } }),
    };
  });
  const sum = clusters.reduce((all, { weight }) => all + weight, 0);
  const total = message.uint32("total_weight");
  if (total !== undefined && total !== 0 && total !== sum)
    refuse(message.placeOf("total_weight"), `total_weight: the weights add up to ${sum}`, "leave it out");
  if (sum === 0) refuse(node.place, "Sum of weights in the weighted_cluster must be greater than 0.");
  return { kind: "clusters", clusters: clusters.filter(({ weight }) => weight > 0) };
}

const REDIRECTS = {
  0: "MOVED_PERMANENTLY",
  1: "FOUND",
  2: "SEE_OTHER",
  3: "TEMPORARY_REDIRECT",
  4: "PERMANENT_REDIRECT",
} as const;
const REDIRECT_STATUS = {
  MOVED_PERMANENTLY: 301,
  FOUND: 302,
  SEE_OTHER: 303,
  TEMPORARY_REDIRECT: 307,
  PERMANENT_REDIRECT: 308,
} as const;

/** Reads `RedirectAction`. Throws TaplineError (`configuration`). */
export function readRedirect(node: DocumentNode): RedirectAction {
  const message = new MessageReader(node, REDIRECT);
  message.oneOf("https_redirect", "scheme_redirect");
  message.oneOf("path_redirect", "prefix_rewrite");
  const scheme = message.bool("https_redirect") ? "https" : (message.string("scheme_redirect") ?? "").toLowerCase();
  const host = toHeaderText(message.string("host_redirect") ?? "");
  const port = message.integer("port_redirect", { most: 65_535n }) ?? 0n;
  const path = toHeaderText(message.string("path_redirect") ?? "");
  const prefixRewrite = toHeaderText(message.string("prefix_rewrite") ?? "");
  return {
    kind: "redirect",
    status: REDIRECT_STATUS[message.enumeration("response_code", REDIRECTS) ?? "MOVED_PERMANENTLY"],
    ...(scheme !== "" && { scheme }),
    ...(host !== "" && { host }),
    ...(port !== 0n && { port: Number(port) }),
    ...(path !== "" && { path }),
    ...(prefixRewrite !== "" && { prefixRewrite }),
    stripsQuery: message.bool("strip_query"),
  };
}

const MAX_BODY_BYTES = 4096;

/** Reads `DirectResponseAction`. @param maxBytes of the body; default 4 KiB. Throws TaplineError (`configuration`). */
export function readDirect(node: DocumentNode, context: ReadContext, maxBytes = MAX_BODY_BYTES): DirectAction {
  const message = new MessageReader(node, DIRECT_RESPONSE);
  const status = Number(message.integer("status", { least: 200n, most: 599n }) ?? 0n);
  if (status === 0) refuse(node.place, "DirectResponseAction: status is missing");
  const source = message.node("body");
  const body = source === undefined ? new Uint8Array(0) : readDataSource(source, context).bytes;
  if (body.length > maxBytes)
    refuse(
      message.placeOf("body"),
      `response body size is ${body.length} bytes; maximum is ${maxBytes}`,
      "raise max_direct_response_body_size_bytes",
    );
  return { kind: "direct", status, body };
}
