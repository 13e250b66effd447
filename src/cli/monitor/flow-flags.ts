import { TaplineError } from "../../model/index.ts";
import { RESERVED_IDENTITIES } from "../../wire/cilium/index.ts";
import { readIpAddress } from "../../wire/packet/ip-address.ts";
import { compileNetwork } from "../../wire/packet/ip-network.ts";
import { suggestName } from "../../wire/text/suggest-name.ts";

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

/** The filter (CEL) that the flags stand for; undefined where none is given. @throws TaplineError `usage` */
export function flowFilterOf(flags: FlowFlags): string | undefined {
  const conditions = ROWS.flatMap(([flag, name, condition, isWhole]) => {
    const values = flags[flag].flatMap((value) => (isWhole === true ? [value] : value.split(",")));
    return values.length === 0 ? [] : [`(${values.map((value) => condition(value.trim(), name)).join(" || ")})`];
  });
  return conditions.length === 0 ? undefined : conditions.join(" && ");
}

/** Whether pods, namespaces or labels are asked for, which the datapath's own messages do not name. */
export function asksForNames({ pod, fromPod, toPod, namespace, label }: FlowFlags): boolean {
  return [pod, fromPod, toPod, namespace, label].some((values) => values.length > 0);
}

type Row = readonly [
  flag: keyof FlowFlags,
  name: string,
  condition: (value: string, name: string) => string,
  /** Commas are part of it. */
  isWhole?: boolean,
];

const ROWS: readonly Row[] = [
  ["verdict", "--verdict", verdict],
  ["pod", "--pod", (value) => eitherSide((side) => pod(side, value))],
  ["fromPod", "--from-pod", (value) => pod("source", value)],
  ["toPod", "--to-pod", (value) => pod("destination", value)],
  ["namespace", "--namespace", (value) => eitherSide((side) => isEqual(`${side}.namespace`, quote(value)))],
  ["label", "--label", (value) => eitherSide((side) => labels(side, value)), true],
  ["ip", "--ip", address],
  ["port", "--port", port],
  ["protocol", "--protocol", protocol],
  ["identity", "--identity", identity],
  ["httpStatus", "--http-status", httpStatus],
  ["httpMethod", "--http-method", (value) => isEqual("http.method", quote(value.toUpperCase()))],
  ["trafficDirection", "--traffic-direction", direction],
];

function verdict(value: string, name: string): string {
  const known = VERDICTS[value.toLowerCase()];
  if (known === undefined) throw wrongValue(name, value, Object.keys(VERDICTS));
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

/** `[NAMESPACE/]BEGINNING-OF-THE-NAME`; without a namespace it is `default`, as Hubble has it; `NAMESPACE/` is all of its pods. */
function pod(side: string, value: string): string {
  const slash = value.indexOf("/");
  const [namespace, name] = slash < 0 ? ["default", value] : [value.slice(0, slash), value.slice(slash + 1)];
  const isThere = `has(${side}.namespace) && ${side}.namespace == ${quote(namespace)}`;
  return name === "" ? `(${isThere})` : `(${isThere} && has(${side}.pod) && ${side}.pod.startsWith(${quote(name)}))`;
}

/** `key`, `key=value`, `!key`, `key!=value`, with or without a source (`k8s:`); commas join them, and all have to hold. */
function labels(side: string, selector: string): string {
  const parts = selector.split(",").map((part) => {
    const [, not = "", key = "", operator = "", value = ""] =
      /^\s*(!?)\s*([^\s=!]+)\s*(?:(!=|==?)\s*([^\s=!]*))?\s*$/.exec(part) ?? [];
    if (key === "" || (not !== "" && operator !== ""))
      throw new TaplineError("usage", `--label ${selector}: ${part.trim() || "nothing"} is no label`, {
        hint: "key=value, key, !key or key!=value, with commas between",
      });
    const source = key.includes(":") ? "" : "(?:[a-z0-9-]+:)?";
    const whole = `(?:^| )${source}${escapePattern(key)}${operator === "" ? "(?:=[^ ]*)?" : `=${escapePattern(value)}`}(?:$| )`;
    const test = `has(${side}.labels) && ${side}.labels.matches(${quote(whole)})`;
    return not !== "" || operator === "!=" ? `(has(${side}.labels) && !(${test}))` : `(${test})`;
  });
  return `(${parts.join(" && ")})`;
}

function address(value: string, name: string): string {
  try {
    if (readIpAddress(value) === undefined) compileNetwork(value);
  } catch {
    throw new TaplineError("usage", `${name} ${value}: this is no address and no network`, {
      hint: "10.0.0.1, 10.0.0.0/8, fd00::/8",
    });
  }
  return `(${value.includes("/") ? "net" : "host"} ${value})`;
}

function port(value: string, name: string): string {
  if (/^\d{1,5}(-\d{1,5})?$/.test(value) && value.split("-").every((one) => Number(one) <= 65535))
    return `(port ${value})`;
  throw new TaplineError("usage", `${name} ${value}: this is no port`, { hint: "8080, or a range: 8000-8010" });
}

/** A transport, or what a proxy understood of it. */
function protocol(value: string, name: string): string {
  const known = value.toLowerCase();
  if (!PROTOCOLS.includes(known)) throw wrongValue(name, value, PROTOCOLS);
  return known === "icmp"
    ? "(has(flow.protocol) && flow.protocol.startsWith('icmp'))"
    : `(${isEqual("flow.protocol", quote(known))} || ${isEqual("l7.protocol", quote(known))})`;
}

const PROTOCOLS = ["tcp", "udp", "icmp", "icmpv4", "icmpv6", "sctp", "http", "dns", "kafka"];

function identity(value: string, name: string): string {
  const known = Object.entries(RESERVED_IDENTITIES).find(
    ([, of]) => of === value.toLowerCase().replace(/^reserved:/, ""),
  );
  const number = known?.[0] ?? value;
  if (!/^\d{1,10}$/.test(number)) throw wrongValue(name, value, ["a number", ...Object.values(RESERVED_IDENTITIES)]);
  return eitherSide((side) => isEqual(`${side}.identity`, number));
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

function direction(value: string, name: string): string {
  const known = value.toLowerCase();
  if (known !== "ingress" && known !== "egress") throw wrongValue(name, value, ["ingress", "egress"]);
  return `(${isEqual("flow.direction", quote(known))} || ${isEqual("policy.direction", quote(known))})`;
}

function eitherSide(condition: (side: string) => string): string {
  return `(${condition("source")} || ${condition("destination")})`;
}

function isEqual(attribute: string, value: string): string {
  return `(has(${attribute}) && ${attribute} == ${value})`;
}

function quote(text: string): string {
  return JSON.stringify(text);
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function wrongValue(name: string, value: string, known: readonly string[]): TaplineError {
  const near = suggestName(value.toLowerCase(), known);
  return new TaplineError("usage", `${name} ${value}: there is no such value`, {
    hint: near === undefined ? `expected one of ${known.join(", ")}` : `did you mean ${near}?`,
  });
}
