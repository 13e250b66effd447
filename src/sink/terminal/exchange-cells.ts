import { showMarks } from "../../analysis/redaction/index.ts";
import {
  type Connection,
  clientOf,
  type Endpoint,
  type Exchange,
  findApplication,
  formatEndpoint,
  type Header,
  nanosBetween,
  serverOf,
} from "../../model/index.ts";
import { escapeControl } from "../../wire/text/escape-control.ts";
import { TextMemo } from "../../wire/text/text-memo.ts";
import type { Paint, Style } from "./style.ts";
import { formatDuration, formatSize, formatTimeOfDay } from "./units.ts";

/** One cell of an exchange's line: text without control characters, and how it is coloured. */
export interface Cell {
  readonly text: string;
  readonly paint?: Paint;
}

/** Time, client → server, method, host, path, status, type, sizes, duration, quality. */
export function exchangeCells(exchange: Exchange, style: Style): Cell[] {
  const { connection, request, response, times, protocol } = exchange;
  const isHttp = request?.method !== undefined || response?.status !== undefined || protocol.startsWith("h");
  return [
    { text: formatTimeOfDay(times.requestStart ?? times.responseStart), paint: style.dim },
    { text: formatEnds(connection) },
    { text: isHttp ? escapeControl(request?.method ?? "-") : protocol, paint: style.cyan },
    { text: showMarks(escapeControl(request?.authority ?? connection.tls?.sni ?? "-")) },
    { text: showMarks(escapeControl(request?.target ?? "-")) },
    statusCell(exchange, style),
    { text: escapeControl(typeOf(exchange)), paint: style.dim },
    { text: `${formatSize(request?.body.size ?? 0)} / ${formatSize(response?.body.size ?? 0)}` },
    {
      text: formatDuration(
        times.requestStart && times.responseEnd && nanosBetween(times.requestStart, times.responseEnd),
      ),
    },
    qualityCell(exchange, style),
  ];
}

function statusCell({ response }: Exchange, style: Style): Cell {
  const status = response?.status;
  if (status === undefined) return { text: "-" };
  const paints = [style.dim, style.dim, style.green, style.cyan, style.yellow, style.red];
  return { text: String(status), paint: paints[Math.floor(status / 100)] ?? style.red };
}

/** What runs inside, or the content's type, as short as it is still understood: `json` for `application/problem+json`. */
function typeOf(exchange: Exchange): string {
  const { application, request, response } = exchange;
  const grpc = findApplication(exchange, "grpc");
  if (grpc !== undefined) return `grpc ${grpc.statusName ?? grpc.status ?? "-"}`;
  if (application[0] !== undefined) return application[0].name;
  const type = contentType(response?.headers) ?? contentType(request?.headers);
  return type === undefined ? "-" : SHORT_TYPES.get(type);
}

/** There are few types, and many exchanges. */
const SHORT_TYPES = new TextMemo(256, (type) => {
  const subtype = /^[\w.+-]+\/(?:[\w.-]+\+)?([\w.-]+)/.exec(type)?.[1] ?? type;
  return subtype.replace(/^(?:x-)?(?:www-)?(?:vnd\.)?/, "").replace(/^form-urlencoded$/, "form");
});

function contentType(headers: readonly Header[] | undefined): string | undefined {
  return headers?.find(({ name }) => name?.length === 12 && name.toLowerCase() === "content-type")?.value;
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
  const text = problems.length === 0 ? quality : `${quality} (${escapeControl(problems.join(", "))})`;
  return { text, paint: quality === "complete" ? style.dim : style.yellow };
}
