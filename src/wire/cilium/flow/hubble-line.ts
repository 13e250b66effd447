import { type FlowEvent, formatTimestamp, type Timestamp } from "../../../model/index.ts";
import { escapeControl } from "../../text/escape-control.ts";
import { RESERVED_IDENTITIES } from "../names/identities.ts";

export interface HubbleLineOptions {
  /** Show the node's name. */
  readonly node?: boolean;
  /** Names to show instead of addresses and identities. */
  readonly endpointName?: (endpoint: number) => string | undefined;
  readonly identityName?: (identity: number) => string | undefined;
  readonly portName?: (port: number) => string | undefined;
}

/**
 * A flow in one line, as `hubble observe -o compact` has it:
 *
 *     Jan  1 00:20:34.567 [k8s1]: 1.1.1.1:31793 (health) -> 2.2.2.2:8080 (ID:12345) Policy denied DROPPED (TCP Flags: SYN)
 *
 * `<-` is a reply, with the ends swapped so that the connection's client stays on the left; `<>` where that is not known.
 */
export function formatCompactFlow(flow: FlowEvent, options: HubbleLineOptions = {}): string {
  const node = options.node === true && flow.node !== undefined ? `[${escapeControl(flow.node)}]` : "";
  const head = [flow.time === undefined ? "" : formatStamp(flow.time), node].filter((part) => part !== "").join(" ");
  return `${head === "" ? "" : `${head}: `}${describe(flow, options)}\n`;
}

/** The cells of a flow's row: time, (node,) source, destination, type, verdict, summary. */
export function hubbleCells(flow: FlowEvent, options: HubbleLineOptions = {}): string[] {
  const isPacket = hasEnds(flow);
  return [
    flow.time === undefined ? "-" : formatStamp(flow.time),
    ...(options.node === true ? [escapeControl(flow.node ?? "-")] : []),
    isPacket ? host(flow, "source", options) : "-",
    isPacket ? host(flow, "destination", options) : "-",
    typeOf(flow),
    escapeControl(flow.verdict ?? "-"),
    escapeControl(summaryOf(flow)),
  ];
}

export function hubbleTitles(node: boolean): string[] {
  return ["TIMESTAMP", ...(node ? ["NODE"] : []), "SOURCE", "DESTINATION", "TYPE", "VERDICT", "SUMMARY"];
}

/** Go's time.StampMilli, in UTC: `Jan  1 00:20:34.567`. */
function formatStamp(time: Timestamp): string {
  const text = formatTimestamp(time, 3);
  const day = String(Number(text.slice(8, 10))).padStart(2);
  return `${MONTHS[Number(text.slice(5, 7)) - 1]} ${day} ${text.slice(11, 23)}`;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function describe(flow: FlowEvent, options: HubbleLineOptions): string {
  if (flow.kind === "lost")
    return `EVENTS LOST: PERF_EVENT_RING_BUFFER CPU(${flow.cpu ?? "?"}) ${flow.attributes["lost.events"] ?? "?"}`;
  const tail = [typeOf(flow), escapeControl(flow.verdict ?? "")].filter((part) => part !== "").join(" ");
  const summary = escapeControl(summaryOf(flow));
  if (!hasEnds(flow) && flow.kind !== "l7") return `${tail} (${summary})`;
  const reply = flow.attributes["flow.reply"];
  const source = `${host(flow, "source", options)}${identity(flow, "source", options)}`;
  const destination = `${host(flow, "destination", options)}${identity(flow, "destination", options)}`;
  const ends =
    reply === true ? `${destination} <- ${source}` : `${source} ${reply === false ? "->" : "<>"} ${destination}`;
  return `${ends} ${tail} (${summary})`;
}

function typeOf(flow: FlowEvent): string {
  return escapeControl(String(flow.attributes["flow.type"] ?? flow.kind));
}

function summaryOf(flow: FlowEvent): string {
  return String(flow.attributes["flow.transport"] ?? flow.summary);
}

function endpointOf(flow: FlowEvent, side: "source" | "destination"): number | undefined {
  const endpoint = flow.attributes[`${side}.endpoint`];
  return typeof endpoint === "number" && endpoint > 0 ? endpoint : undefined;
}

/** Addresses, or of a frame without an IP packet MAC addresses. */
function hasEnds({ source, destination, attributes }: FlowEvent): boolean {
  return source !== undefined || destination !== undefined || attributes["source.mac"] !== undefined;
}

function host(flow: FlowEvent, side: "source" | "destination", options: HubbleLineOptions): string {
  const [end, id] = [flow[side], endpointOf(flow, side)];
  const name = (id === undefined ? undefined : options.endpointName?.(id)) ?? hubbleName(flow, side);
  if (end?.kind !== "ip") return name ?? String(flow.attributes[`${side}.mac`] ?? "-");
  const shown = name ?? escapeControl(end.address);
  if (end.port === 0) return shown;
  const port = options.portName?.(end.port) ?? end.port;
  return name === undefined && shown.includes(":") ? `[${shown}]:${port}` : `${shown}:${port}`;
}

/** As Hubble names an end that it has told of: its pod, else its service, else its DNS names. */
function hubbleName({ document }: FlowEvent, side: "source" | "destination"): string | undefined {
  const flow = asObject(document?.["flow"]);
  const end = asObject(flow[side]);
  const service = asObject(flow[`${side}_service`]);
  const [pod, serviceName] = [textOf(end["pod_name"]), textOf(service["name"])];
  const namespace = textOf(service["namespace"]) || textOf(end["namespace"]);
  const own = pod || serviceName;
  if (own !== "") return escapeControl(namespace === "" ? own : `${namespace}/${own}`);
  const names = flow[`${side}_names`];
  return Array.isArray(names) && names.length > 0 ? escapeControl(names.join(",")) : undefined;
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function identity(flow: FlowEvent, side: "source" | "destination", options: HubbleLineOptions): string {
  const id = flow.attributes[`${side}.identity`];
  if (typeof id !== "number") return "";
  const name = options.identityName?.(id) ?? RESERVED_IDENTITIES[id];
  return ` (${name === undefined ? `ID:${id}` : escapeControl(name)})`;
}
