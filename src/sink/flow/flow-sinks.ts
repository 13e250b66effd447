import type { FlowEvent, FlowSink } from "../../model/index.ts";
import {
  formatCompactFlow,
  type HubbleLineOptions,
  hubbleCells,
  hubbleDocument,
  hubbleTitles,
} from "../../wire/cilium/index.ts";
import { flowDocument, flowLine } from "../../wire/ndjson/index.ts";
import { LinkType, PcapngWriter } from "../../wire/pcap/index.ts";
import { displayWidth, padToWidth } from "../../wire/text/display-width.ts";
import { escapeControlInJson } from "../../wire/text/escape-control.ts";
import { type BatchWriter, batchInto } from "../terminal/batch-writer.ts";

/** One line a flow, as `hubble observe` prints it. */
export function createCompactSink(writer: BatchWriter, options: HubbleLineOptions): FlowSink {
  return batchInto(writer, {
    write: (flow) => {
      writer.write(formatCompactFlow(flow, options));
      return undefined;
    },
  });
}

/** One document a line: what `tapline read` reads. */
export function createNdjsonSink(writer: BatchWriter): FlowSink {
  return batchInto(writer, {
    write: (flow) => {
      writer.write(`${escapeControlInJson(flowLine(flow).trimEnd())}\n`);
      return undefined;
    },
  });
}

/** Hubble's documents, one a line: what `hubble observe -o jsonpb` writes and `hubble observe --input-file` reads. */
export function createHubbleSink(writer: BatchWriter): FlowSink {
  return batchInto(writer, {
    write: (flow) => {
      const document = hubbleDocument(flow);
      if (document === undefined) return "not-a-flow";
      writer.write(`${escapeControlInJson(JSON.stringify(document))}\n`);
      return undefined;
    },
  });
}

/** A line a cell, as `hubble observe -o dict` has it. */
export function createDictionarySink(writer: BatchWriter, options: HubbleLineOptions): FlowSink {
  const titles = hubbleTitles(options.node === true);
  const width = Math.max(...titles.map((title) => title.length));
  let separator = "";
  return batchInto(writer, {
    write: (flow) => {
      const lines = hubbleCells(flow, options).map((cell, i) => `${titles[i]!.padStart(width)}: ${cell}\n`);
      // As Hubble has it, what was lost had no destination.
      if (flow.kind === "lost") lines.splice(titles.indexOf("DESTINATION"), 1);
      writer.write(separator + lines.join(""));
      separator = "------------\n";
      return undefined;
    },
  });
}

/** One array of documents. */
export function createJsonSink(writer: BatchWriter): FlowSink {
  let count = 0;
  return batchInto(writer, {
    write: (flow) => {
      writer.write(count++ === 0 ? "[\n" : ",\n");
      writer.write(escapeControlInJson(JSON.stringify(flowDocument(flow))));
      return undefined;
    },
    end: () => writer.write(count === 0 ? "[]\n" : "\n]\n"),
  });
}

/** How many rows wait for each other, and how long, so that columns fit what stands in them. */
const TABLE_ROWS = 100;
const TABLE_MILLIS = 15;

/** A table whose columns widen when something longer comes. */
export function createTableSink(writer: BatchWriter, options: HubbleLineOptions): FlowSink {
  const titles = hubbleTitles(options.node === true);
  const widths = titles.map(() => 0);
  let rows: string[][] = [titles];
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    for (const row of rows)
      row.forEach((cell, i) => {
        widths[i] = Math.max(widths[i]!, displayWidth(cell));
      });
    for (const row of rows)
      writer.write(
        `${row.map((cell, i) => (i === row.length - 1 ? cell : padToWidth(cell, widths[i]! + 3))).join("")}\n`,
      );
    rows = [];
  };
  return batchInto(writer, {
    write: (flow) => {
      rows.push(hubbleCells(flow, options));
      if (rows.length >= TABLE_ROWS) flush();
      else timer ??= setTimeout(flush, TABLE_MILLIS);
      return undefined;
    },
    end: flush,
  });
}

/** How many interfaces the file tells apart; the packets of further ones are put down to one of each link type. */
const MAX_INTERFACES = 1024;
const FURTHER = "further interfaces";

/** The captured packets, with what the datapath said of each as a comment. Events without a packet are left out. */
export function createPcapngSink(writer: BatchWriter): FlowSink {
  const file = new PcapngWriter({ application: "tapline monitor" });
  const interfaces = new Map<string, number>();
  const interfaceOf = (name: string, linkType: number): number => {
    const key = `${linkType} ${name}`;
    const known = interfaces.get(key);
    if (known !== undefined) return known;
    if (interfaces.size >= MAX_INTERFACES && name !== FURTHER) return interfaceOf(FURTHER, linkType);
    const added = file.addInterface({ name, linkType });
    interfaces.set(key, added);
    return added;
  };
  return batchInto(writer, {
    write: (flow) => {
      const { packet } = flow;
      if (packet === undefined || packet.length === 0) return "without-packet";
      const name = String(flow.attributes["flow.interface"] ?? "cilium");
      const linkType = flow.attributes["flow.l3"] === true ? LinkType.RAW : LinkType.ETHERNET;
      const interfaceId = interfaceOf(flow.node === undefined ? name : `${flow.node}/${name}`, linkType);
      const time = flow.time ?? { seconds: 0, nanos: 0 };
      const comments = [describePacket(flow)];
      file.writePacket(time, packet, 0, packet.length, Math.max(packet.length, flow.packetLength ?? 0), {
        interfaceId,
        comments,
      });
      writer.writeBytes(file.take());
      return undefined;
    },
    end: () => writer.writeBytes(file.take()),
  });
}

function describePacket(flow: FlowEvent): string {
  const { attributes } = flow;
  const facts = [
    `${flow.kind}: ${[flow.verdict, flow.reason].filter((part) => part !== undefined).join(" ")}`,
    flow.summary,
    pair("identity", attributes["source.identity"], attributes["destination.identity"]),
    pair("endpoint", attributes["source.endpoint"], attributes["destination.endpoint"]),
    attributes["flow.mark"] === undefined ? "" : `mark 0x${Number(attributes["flow.mark"]).toString(16)}`,
    flow.cpu === undefined ? "" : `CPU ${flow.cpu}`,
  ];
  return facts.filter((fact) => fact !== "").join("; ");
}

function pair(what: string, source: unknown, destination: unknown): string {
  return source === undefined && destination === undefined ? "" : `${what} ${source ?? "?"} -> ${destination ?? "?"}`;
}
