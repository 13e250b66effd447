import { type FlowEvent, formatTimestamp, type Timestamp } from "../../../model/index.ts";
import { escapeControl } from "../../text/escape-control.ts";
import { RESERVED_IDENTITIES } from "../names/identities.ts";
import { type HubbleEnd, type HubblePrint, printHubble } from "./hubble-print.ts";

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
 * `<-` is a reply, with the ends swapped so that the connection's client stays on the left; `<>` where that is not known. What came
 * from Hubble is printed of its document, as Hubble's own command line does.
 */
export function formatCompactFlow(flow: FlowEvent, options: HubbleLineOptions = {}): string {
  const told = printOf(flow);
  if (told !== undefined) return `${toldLine(told, flow, options)}\n`;
  const node = options.node === true && flow.node !== undefined ? `[${escapeControl(flow.node)}]` : "";
  const head = [flow.time === undefined ? "" : formatStamp(flow.time), node].filter((part) => part !== "").join(" ");
  if (flow.kind === "lost")
    return `${head === "" ? "" : `${head} `}EVENTS LOST: ${lostBy(flow)} CPU(${flow.cpu ?? "?"}) ${flow.attributes["lost.events"] ?? "?"}\n`;
  return `${head === "" ? "" : `${head}: `}${describe(flow, options)}\n`;
}

/** Where events were lost; the datapath's own messages are in the kernel's ring. */
function lostBy({ attributes }: FlowEvent): string {
  return escapeControl(String(attributes["lost.source"] ?? "PERF_EVENT_RING_BUFFER"));
}

/** The cells of a flow's row: time, (node,) source, destination, type, verdict, summary. */
export function hubbleCells(flow: FlowEvent, options: HubbleLineOptions = {}): string[] {
  const told = printOf(flow);
  if (told !== undefined) {
    const time = told.time ?? flow.time;
    const { source, destination } = told.ends ?? {};
    return [
      time === undefined ? NO_TIME : formatStamp(time),
      ...(options.node === true ? [escapeControl(told.node || "-")] : []),
      source === undefined ? escapeControl(told.source) : toldHost(source, options),
      destination === undefined ? "-" : toldHost(destination, options),
      escapeControl(told.type),
      escapeControl(told.verdict),
      escapeControl(told.summary),
    ];
  }
  const isPacket = hasEnds(flow);
  return [
    flow.time === undefined ? "-" : formatStamp(flow.time),
    ...(options.node === true ? [escapeControl(flow.node ?? "-")] : []),
    ...(flow.kind === "lost"
      ? [lostBy(flow), "-", "EVENTS LOST", "-", `CPU(${flow.cpu ?? "?"}) - ${flow.attributes["lost.events"] ?? "?"}`]
      : [
          isPacket ? host(flow, "source", options) : "-",
          isPacket ? host(flow, "destination", options) : "-",
          typeOf(flow),
          escapeControl(flow.verdict ?? "-"),
          escapeControl(summaryOf(flow)),
        ]),
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

/** Printed where Hubble was told no time, too. */
const NO_TIME = "N/A";

/** Undefined where the flow did not come from Hubble. */
function printOf({ document }: FlowEvent): HubblePrint | undefined {
  if (document === undefined) return undefined;
  return printHubble(document, (time) => (time === undefined ? NO_TIME : formatStamp(time)));
}

function toldLine(told: HubblePrint, flow: FlowEvent, options: HubbleLineOptions): string {
  const time = told.time ?? flow.time;
  const stamp = time === undefined ? NO_TIME : formatStamp(time);
  const { ends, isReply } = told;
  if (ends === undefined) {
    const isNodeNamed = told.line!.startsWith(" ") || options.node !== true;
    return `${stamp}${isNodeNamed ? "" : ` [${escapeControl(told.node)}]`}${escapeControl(told.line!)}`;
  }
  const node = options.node === true ? ` [${escapeControl(told.node)}]` : "";
  const [from, to] = [ends.source, ends.destination].map(
    (end) => `${toldHost(end, options)} (${identityName(end.identity, options)})`,
  );
  const shown = isReply === true ? `${to} <- ${from}` : `${from} ${isReply === false ? "->" : "<>"} ${to}`;
  const words = [told.type, told.verdict, `(${told.summary})`].map((word) => escapeControl(word)).join(" ");
  return `${stamp}${node}: ${shown} ${words}`;
}

/** Go's net.JoinHostPort, of a name that the user gave before Hubble's. */
function toldHost({ host: hubbles, port, endpoint }: HubbleEnd, options: HubbleLineOptions): string {
  const shown = escapeControl((endpoint > 0 ? options.endpointName?.(endpoint) : undefined) ?? hubbles);
  if (port === 0) return shown;
  return `${shown.includes(":") ? `[${shown}]` : shown}:${options.portName?.(port) ?? port}`;
}

function identityName(id: number, options: HubbleLineOptions): string {
  const name = options.identityName?.(id) ?? RESERVED_IDENTITIES[id];
  return name === undefined ? `ID:${id}` : escapeControl(name);
}

function describe(flow: FlowEvent, options: HubbleLineOptions): string {
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
  const name = id === undefined ? undefined : options.endpointName?.(id);
  if (end?.kind !== "ip") return name ?? String(flow.attributes[`${side}.mac`] ?? "-");
  const shown = name ?? escapeControl(end.address);
  if (end.port === 0) return shown;
  const port = options.portName?.(end.port) ?? end.port;
  return name === undefined && shown.includes(":") ? `[${shown}]:${port}` : `${shown}:${port}`;
}

function identity(flow: FlowEvent, side: "source" | "destination", options: HubbleLineOptions): string {
  const id = flow.attributes[`${side}.identity`];
  if (typeof id !== "number") return "";
  return ` (${identityName(id, options)})`;
}
