import { CLOSED, type FlowEvent, type FlowSink, type Submission } from "../../model/index.ts";
import { type HubbleLineOptions, RESERVED_IDENTITIES } from "../../wire/cilium/index.ts";
import { displayWidth, padToWidth, truncateToWidth } from "../../wire/text/display-width.ts";
import { escapeControl } from "../../wire/text/escape-control.ts";
import { whenWritable } from "../write-to-stream.ts";

/** How many different rows are counted, how many shown, and how often the table is drawn anew. */
const MAX_ROWS = 10_000;
const REFRESH_MILLIS = 1000;
/** Columns of a cell: a name that a message brings is cut there. */
const MAX_CELL = 60;

export interface SummaryOptions extends HubbleLineOptions {
  readonly stream: NodeJS.WritableStream & {
    readonly isTTY?: boolean;
    readonly rows?: number;
    readonly columns?: number;
  };
}

interface Row {
  readonly cells: readonly string[];
  count: number;
  bytes: number;
}

/**
 * Counts by kind, reason, endpoints and identities, the most first. On a terminal the table is drawn anew every second;
 * elsewhere once, at the end.
 */
export class SummarySink implements FlowSink {
  readonly #options: SummaryOptions;
  readonly #rows = new Map<string, Row>();
  #others = 0;
  #lost = 0;
  #total = 0;
  readonly #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: SummaryOptions) {
    this.#options = options;
    if (options.stream.isTTY === true) this.#timer = setInterval(() => this.#draw(), REFRESH_MILLIS);
  }

  submit(flow: FlowEvent): Submission {
    if (this.#isClosed) return CLOSED;
    this.#total++;
    if (flow.kind === "lost") {
      this.#lost += Number(flow.attributes["lost.events"] ?? 0);
      return "taken";
    }
    const cells = this.#cellsOf(flow);
    const key = cells.join("\0");
    const row = this.#rows.get(key);
    if (row !== undefined) {
      row.count++;
      row.bytes += flow.packetLength ?? 0;
    } else if (this.#rows.size < MAX_ROWS) this.#rows.set(key, { cells, count: 1, bytes: flow.packetLength ?? 0 });
    else this.#others++;
    return "taken";
  }

  whenReady(): Promise<void> {
    return whenWritable(this.#options.stream);
  }

  async flush(): Promise<void> {}

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#draw();
    await this.whenReady();
  }

  #cellsOf(flow: FlowEvent): string[] {
    const { attributes } = flow;
    const endpoints = arrow(
      this.#endpoint(attributes["source.endpoint"]),
      this.#endpoint(attributes["destination.endpoint"]),
    );
    const identities = arrow(
      this.#identity(attributes["source.identity"]),
      this.#identity(attributes["destination.identity"]),
    );
    const what = String(attributes["flow.type"] ?? flow.kind);
    const cells = [flow.kind, what, flow.reason === what ? "" : (flow.reason ?? ""), endpoints, identities];
    const all = this.#options.node === true ? [flow.node ?? "-", ...cells] : cells;
    return all.map((cell) => truncateToWidth(escapeControl(cell.slice(0, 4 * MAX_CELL)), MAX_CELL));
  }

  #endpoint(id: unknown): string {
    return typeof id !== "number" || id === 0 ? "-" : (this.#options.endpointName?.(id) ?? String(id));
  }

  #identity(id: unknown): string {
    if (typeof id !== "number") return "-";
    return this.#options.identityName?.(id) ?? RESERVED_IDENTITIES[id] ?? String(id);
  }

  #draw(): void {
    const { stream, node } = this.#options;
    const height = stream.isTTY === true ? Math.max(1, (stream.rows ?? 24) - 4) : Number.POSITIVE_INFINITY;
    const rows = [...this.#rows.values()].sort((a, b) => b.count - a.count);
    const titles = [...(node === true ? ["NODE"] : []), "KIND", "WHAT", "WHY", "ENDPOINTS", "IDENTITIES"];
    const table = [
      ["COUNT", "BYTES", ...titles],
      ...rows.slice(0, height).map(({ count, bytes, cells }) => [String(count), String(bytes), ...cells]),
    ];
    const columns = stream.isTTY === true ? (stream.columns ?? 80) : Number.POSITIVE_INFINITY;
    const widest = table[0]!.map((_, i) => table.reduce((width, row) => Math.max(width, displayWidth(row[i]!)), 0));
    const widths = narrow(widest, columns - 2 * (widest.length - 1));
    const lines = table.map((row) =>
      truncateToWidth(
        row
          .map((cell, i) =>
            i < NUMERIC ? cell.padStart(widths[i]!) : padToWidth(truncateToWidth(cell, widths[i]!), widths[i]!),
          )
          .join("  ")
          .trimEnd(),
        columns,
      ),
    );
    const notes = [`${this.#total} events`];
    if (this.#lost > 0) notes.push(`${this.#lost} lost`);
    if (rows.length > height) notes.push(`${rows.length - height} rows more`);
    if (this.#others > 0) notes.push(`${this.#others} of further rows`);
    const clear = stream.isTTY === true ? "\u001b[H\u001b[J" : "";
    stream.write(`${clear}${[...lines, notes.join(", ")].join("\n")}\n`);
  }
}

/** The first columns hold numbers, which are aligned to the right. */
const NUMERIC = 2;

/** The widths with the widest columns of text made as narrow as it takes for all to fit. */
function narrow(widths: readonly number[], room: number): number[] {
  const fitting = [...widths];
  for (let excess = fitting.reduce((sum, width) => sum + width, 0) - room; excess > 0; excess--) {
    const widest = fitting.indexOf(Math.max(...fitting.slice(NUMERIC)), NUMERIC);
    if (fitting[widest]! <= MIN_WIDTH) break;
    fitting[widest]!--;
  }
  return fitting;
}

const MIN_WIDTH = 8;

function arrow(source: string, destination: string): string {
  return source === "-" && destination === "-" ? "-" : `${source} -> ${destination}`;
}
