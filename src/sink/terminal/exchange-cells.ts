import { rowOf, type Tone } from "../../analysis/protocols/index.ts";
import { showMarks } from "../../analysis/redaction/index.ts";
import {
  type Connection,
  clientOf,
  type Endpoint,
  type Exchange,
  elapsedNanos,
  formatEndpoint,
  serverOf,
} from "../../model/index.ts";
import { escapeControl } from "../../wire/text/escape-control.ts";
import type { Paint, Style } from "./style.ts";
import { formatDuration, formatSize, formatTimeOfDay } from "./units.ts";

/** One cell of an exchange's line: text without control characters, and how it is coloured. */
export interface Cell {
  readonly text: string;
  readonly paint?: Paint | undefined;
  /** It is our own text, of characters of one column each: nothing has to be measured. */
  readonly isNarrow?: true;
}

/** Time, client → server, method, host, path, status, type, sizes, duration, quality: of other protocols what stands for these. */
export function exchangeCells(exchange: Exchange, style: Style): Cell[] {
  const { connection, times } = exchange;
  const { verb, host, target, status, tone, type, sizes } = rowOf(exchange).cells(exchange);
  return [
    { text: formatTimeOfDay(times.requestStart ?? times.responseStart), paint: style.dim, isNarrow: true },
    { text: formatEnds(connection) },
    { text: escapeControl(verb ?? exchange.protocol), paint: style.cyan },
    { text: showMarks(escapeControl(host ?? connection.tls?.sni ?? "-")) },
    { text: showMarks(escapeControl(target ?? "-")) },
    { text: escapeControl(status ?? "-"), paint: tone && toned(tone, style) },
    { text: escapeControl(type ?? "-"), paint: style.dim },
    { text: `${formatSize(sizes.request)} / ${formatSize(sizes.response)}`, isNarrow: true },
    { text: formatDuration(elapsedNanos(times.requestStart, times.responseEnd)), isNarrow: true },
    qualityCell(exchange, style),
  ];
}

function toned(tone: Tone, style: Style): Paint {
  switch (tone) {
    case "quiet":
      return style.dim;
    case "good":
      return style.green;
    case "elsewhere":
      return style.cyan;
    case "warning":
      return style.yellow;
    case "bad":
      return style.red;
  }
}

function formatEnds(connection: Connection): string {
  const client = clientOf(connection);
  const server = serverOf(connection);
  const known = ENDS.get(connection);
  // Which end is the client may become known while the connection lasts.
  if (known !== undefined && known.client === client && known.server === server) return known.text;
  const text = escapeControl(`${formatEndpoint(client)} → ${formatEndpoint(server)}`);
  ENDS.set(connection, { client, server, text });
  return text;
}

const ENDS = new WeakMap<
  Connection,
  { readonly client: Endpoint | undefined; readonly server: Endpoint | undefined; readonly text: string }
>();

function qualityCell({ quality, problems }: Exchange, style: Style): Cell {
  const paint = quality === "complete" ? style.dim : style.yellow;
  if (problems.length === 0) return { text: quality, paint, isNarrow: true };
  return { text: `${quality} (${escapeControl(problems.join(", "))})`, paint };
}
