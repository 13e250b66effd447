import { TaplineError } from "../../model/index.ts";
import { RESERVED_IDENTITIES } from "../../wire/cilium/index.ts";
import { readIpAddress } from "../../wire/packet/ip-address.ts";
import { compileNetwork } from "../../wire/packet/ip-network.ts";
import { suggestName } from "../../wire/text/suggest-name.ts";
import { labelCondition } from "./label-selector.ts";

/** The flags of `hubble observe` that choose flows; each may be repeated, or be a list with commas: one of them has to match. */
export interface FlowFlags {
  readonly verdict: readonly string[];
  readonly pod: readonly string[];
  readonly fromPod: readonly string[];
  readonly toPod: readonly string[];
  readonly namespace: readonly string[];
  readonly label: readonly string[];
  readonly ip: readonly string[];
  readonly port: readonly string[];
  readonly protocol: readonly string[];
  readonly identity: readonly string[];
  readonly httpStatus: readonly string[];
  readonly httpMethod: readonly string[];
  readonly trafficDirection: readonly string[];
}

/**
 * The filter (CEL) that the flags stand for; undefined where none is given. What is said of an end has to hold of the same one, as
 * in Hubble: `--ip 10.0.0.1 --port 443` is the source with its port, or the destination with its own.
 * @throws TaplineError `usage`
 */
export function flowFilterOf(flags: FlowFlags): string | undefined {
  const conditions = conditionsOf(FLOW_ROWS, flags, undefined);
  const [source, destination] = SIDES.map((side) => conditionsOf(END_ROWS, flags, side).join(" && "));
  if (source !== "") conditions.unshift(`((${source}) || (${destination}))`);
  return conditions.length === 0 ? undefined : conditions.join(" && ");
}

const SIDES = ["source", "destination"] as const;
type Side = (typeof SIDES)[number];

function conditionsOf<Of>(rows: readonly Row<Of>[], flags: FlowFlags, of: Of): string[] {
  return rows.flatMap(([flag, name, condition, isWhole]) => {
    const values = flags[flag].flatMap((value) => (isWhole === true ? [value] : value.split(",")));
    if (values.length === 0) return [];
    return [`(${values.map((value) => condition(value.trim(), name, of, flags)).join(" || ")})`];
  });
}

/** Whether pods, namespaces or labels are asked for, which the datapath's own messages do not name. */
export function asksForNames({ pod, fromPod, toPod, namespace, label }: FlowFlags): boolean {
  return [pod, fromPod, toPod, namespace, label].some((values) => values.length > 0);
}

type Row<Of> = readonly [
  flag: keyof FlowFlags,
  name: string,
  condition: (value: string, name: string, of: Of, flags: FlowFlags) => string,
  /** Commas are part of it. */
  isWhole?: boolean,
];

/** Flags for the whole flow. */
const FLOW_ROWS: readonly Row<undefined>[] = [
  ["verdict", "--verdict", verdict],
  ["fromPod", "--from-pod", (value) => pod(value, "source")],
  ["toPod", "--to-pod", (value) => pod(value, "destination")],
  ["protocol", "--protocol", protocol],
  ["httpStatus", "--http-status", httpStatus],
  ["httpMethod", "--http-method", httpMethod],
  ["trafficDirection", "--traffic-direction", direction],
];

/** Flags for an end, whichever of the two it is. */
const END_ROWS: readonly Row<Side>[] = [
  ["pod", "--pod", (value, _name, side, { namespace }) => pod(value, side, namespace.length > 0)],
  ["namespace", "--namespace", (value, _name, side) => isEqual(`${side}.namespace`, quote(value))],
  ["label", "--label", (value, _name, side) => labelCondition(side, value), true],
  ["ip", "--ip", address],
  ["port", "--port", port],
  ["identity", "--identity", identity],
];

function verdict(value: string, name: string): string {
  const known = VERDICTS[value.toLowerCase()];
  if (known === undefined) throw wrongValue(name, value, VERDICT_NAMES);
  return `(has(flow.verdict) && flow.verdict in [${known.map(quote).join(", ")}])`;
}

/** The words of the datapath, its policy verdicts, proxies and Hubble for it. */
const VERDICTS: Readonly<Record<string, readonly string[]>> = {
  forwarded: ["FORWARDED", "ALLOWED"],
  dropped: ["DROPPED", "DENIED"],
  error: ["ERROR"],
  audit: ["AUDIT", "AUDITED"],
  redirected: ["REDIRECTED"],
  traced: ["TRACED"],
  translated: ["TRANSLATED"],
};

export const VERDICT_NAMES: readonly string[] = Object.keys(VERDICTS);

/**
 * `[NAMESPACE/]BEGINNING-OF-THE-NAME`; without a namespace it is the one of `--namespace` or else `default`, as Hubble has it;
 * `NAMESPACE/` is all of its pods.
 */
function pod(value: string, side: Side, isNamespaceAsked = false): string {
  const slash = value.indexOf("/");
  const [namespace, name] = slash < 0 ? ["default", value] : [value.slice(0, slash), value.slice(slash + 1)];
  const isThere = slash < 0 && isNamespaceAsked ? [] : [isEqual(`${side}.namespace`, quote(namespace))];
  const begins = name === "" ? [] : [`has(${side}.pod) && ${side}.pod.startsWith(${quote(name)})`];
  return `(${[...isThere, ...begins, ...(isThere.length + begins.length === 0 ? ["true"] : [])].join(" && ")})`;
}

function address(value: string, name: string, side: Side): string {
  try {
    if (readIpAddress(value) === undefined) compileNetwork(value);
  } catch {
    throw new TaplineError("usage", `${name} ${value}: this is no address and no network`, {
      hint: "10.0.0.1, 10.0.0.0/8, fd00::/8",
    });
  }
  return `(${SHORT[side]} ${value.includes("/") ? "net" : "host"} ${value})`;
}

const SHORT: Readonly<Record<Side, string>> = { source: "src", destination: "dst" };

function port(value: string, name: string, side: Side): string {
  if (/^\d{1,5}(-\d{1,5})?$/.test(value) && value.split("-").every((one) => Number(one) <= 65535))
    // An event without ports has 0 for them.
    return Number(value.split("-")[0]) > 0
      ? `(${SHORT[side]} port ${value})`
      : `(${SHORT[side]} port ${value} && ${HAS_PORTS})`;
  throw new TaplineError("usage", `${name} ${value}: this is no port`, { hint: "8080, or a range: 8000-8010" });
}

const HAS_PORTS = "has(flow.protocol) && flow.protocol in ['tcp', 'udp', 'sctp']";

/** A transport, or what a proxy understood of it. */
function protocol(value: string, name: string): string {
  const known = value.toLowerCase();
  if (!PROTOCOLS.includes(known)) throw wrongValue(name, value, PROTOCOLS);
  const version = /^icmpv([46])$/.exec(known)?.[1];
  if (version !== undefined)
    return `(has(flow.protocol) && flow.protocol == 'icmp' && has(source.address) && ${version === "4" ? "!" : ""}source.address.contains(':'))`;
  return `(${isEqual("flow.protocol", quote(known))} || ${isEqual("l7.protocol", quote(known))})`;
}

export const PROTOCOLS: readonly string[] = [
  "tcp",
  "udp",
  "icmp",
  "icmpv4",
  "icmpv6",
  "sctp",
  "vrrp",
  "igmp",
  "http",
  "dns",
  "kafka",
];

function identity(value: string, name: string, side: Side): string {
  const known = Object.entries(RESERVED_IDENTITIES).find(
    ([, of]) => of === value.toLowerCase().replace(/^reserved:/, ""),
  );
  const number = known?.[0] ?? value;
  if (!/^\d{1,10}$/.test(number)) throw wrongValue(name, value, ["a number", ...Object.values(RESERVED_IDENTITIES)]);
  return isEqual(`${side}.identity`, number);
}

/** `404`, or its beginning: `4+`, `40+`. */
function httpStatus(value: string, name: string): string {
  const [, digits, more] = /^([1-5]\d{0,2})(\+?)$/.exec(value) ?? [];
  if (digits === undefined || (more === "" && digits.length < 3) || (more !== "" && digits.length > 2))
    throw new TaplineError("usage", `${name} ${value}: this is no status`, { hint: "404, or its beginning: 4+, 40+" });
  const size = 10 ** (3 - digits.length);
  const low = Number(digits) * size;
  return `(has(http.code) && http.code >= ${low} && http.code < ${low + size})`;
}

/** As Hubble does, in any case: a proxy writes a method as it was sent. */
function httpMethod(value: string): string {
  return `(has(http.method) && http.method.lowerAscii() == ${quote(value.toLowerCase())})`;
}

function direction(value: string, name: string): string {
  const known = value.toLowerCase();
  if (!DIRECTIONS.includes(known)) throw wrongValue(name, value, DIRECTIONS);
  return `(${isEqual("flow.direction", quote(known))} || ${isEqual("policy.direction", quote(known))})`;
}

export const DIRECTIONS: readonly string[] = ["ingress", "egress"];

function isEqual(attribute: string, value: string): string {
  return `(has(${attribute}) && ${attribute} == ${value})`;
}

function quote(text: string): string {
  return JSON.stringify(text);
}

function wrongValue(name: string, value: string, known: readonly string[]): TaplineError {
  const near = suggestName(value.toLowerCase(), known);
  return new TaplineError("usage", `${name} ${value}: there is no such value`, {
    hint: near === undefined ? `expected one of ${known.join(", ")}` : `did you mean ${near}?`,
  });
}
