import type { DescribedMessage, DescribeMessage } from "../../analysis/content/grpc-payloads.ts";
import {
  type ConversationMessage,
  type Exchange,
  findApplication,
  formatTimestamp,
  type GrpcApplication,
  type Header,
} from "../../model/index.ts";
import { escapeControl } from "../../wire/text/escape-control.ts";
import { bodyLines, contentLines } from "./body-lines.ts";
import type { Paint, Style } from "./style.ts";
import { formatDuration, formatSize } from "./units.ts";

/**
 * What `-v` prints below an exchange's line: both heads as curl shows them, `>` for what the client sent and `<` for what
 * the server did, and times. With bodies (`-vv`), those and the messages of a conversation too.
 */
export function exchangeDetails(
  exchange: Exchange,
  style: Style,
  withBodies: boolean,
  describe?: DescribeMessage,
): string[] {
  const lines: string[] = [];
  const { request, response, informational = [], messages = [], protocol } = exchange;
  if (request !== undefined) {
    const { method, target } = request;
    const isTcp = method === undefined && target === undefined && request.headers.length === 0;
    if (!isTcp)
      lines.push(
        ...head(
          `${method ?? UNKNOWN} ${target ?? UNKNOWN} ${version(protocol)}`,
          request.headers,
          ">",
          style.cyan,
          style,
        ),
      );
    if (withBodies)
      lines.push(...body(bodyLines(request.body, request.headers), request.trailers, ">", style.cyan, style));
  }
  for (const { status, headers } of informational)
    lines.push(...head(`${version(protocol)} ${status}`, headers, "<", style.green, style));
  if (response !== undefined) {
    const { status, reason } = response;
    const isTcp = status === undefined && response.headers.length === 0;
    if (!isTcp)
      lines.push(
        ...head(
          `${version(protocol)} ${status ?? UNKNOWN}${reason ? ` ${reason}` : ""}`,
          response.headers,
          "<",
          style.green,
          style,
        ),
      );
    if (withBodies)
      lines.push(...body(bodyLines(response.body, response.headers), response.trailers, "<", style.green, style));
  }
  if (withBodies)
    lines.push(...messages.flatMap((message) => messageLines(message, style, describe?.(exchange, message))));
  const grpc = findApplication(exchange, "grpc");
  if (grpc !== undefined) lines.push(`* grpc ${grpcStatus(grpc)}`);
  lines.push(style.dim(`* ${timing(exchange)}`));
  return lines;
}

const UNKNOWN = "‹unknown›";

function version(protocol: string): string {
  return protocol === "h2" ? "HTTP/2" : protocol.toUpperCase();
}

function head(startLine: string, headers: readonly Header[], mark: string, paint: Paint, style: Style): string[] {
  return [
    `${paint(mark)} ${style.bold(escapeControl(startLine))}`,
    ...headerLines(headers, mark, paint, style),
    paint(mark),
  ];
}

function headerLines(headers: readonly Header[], mark: string, paint: Paint, style: Style): string[] {
  return headers.map(({ name, value }) => {
    const shownName = style.blue(`${escapeControl(name ?? UNKNOWN)}:`);
    return `${paint(mark)} ${shownName} ${escapeControl(value === undefined ? UNKNOWN : readable(value))}`;
  });
}

function body(
  lines: readonly string[],
  trailers: readonly Header[],
  mark: string,
  paint: Paint,
  style: Style,
): string[] {
  return [...lines.map((line) => `  ${line}`), ...headerLines(trailers, mark, paint, style)];
}

function messageLines(
  { from, kind, bytes, size, truncated, compressed }: ConversationMessage,
  style: Style,
  described: DescribedMessage | undefined,
): string[] {
  const [mark, paint] = from === "client" ? [">", style.cyan] : ["<", style.green];
  const notes = [kind, formatSize(size), ...(compressed ? ["compressed"] : []), ...(truncated ? ["cut"] : [])];
  for (const note of [described?.type, described?.error]) if (note !== undefined) notes.push(note);
  const lines =
    described?.json === undefined ? contentLines(bytes) : escapeControl(described.json, "lines").split("\n");
  return [`${paint(mark)} ${style.bold(escapeControl(notes.join(", ")))}`, ...lines.map((line) => `  ${line}`)];
}

function grpcStatus({ status, statusName, message }: GrpcApplication): string {
  const parts = [statusName, status === undefined ? undefined : `(${status})`, message && escapeControl(message)];
  return parts.filter((part) => part !== undefined && part !== "").join(" ");
}

function timing({ id, connection, times, quality, problems, streamId }: Exchange): string {
  const start = times.requestStart ?? times.responseStart;
  const since = (from: typeof start, to: typeof start): string | undefined =>
    from && to && formatDuration((to.seconds - from.seconds) * 1e9 + (to.nanos - from.nanos));
  const parts = [
    ["exchange", String(id)],
    ["connection", String(connection.id)],
    ["stream", streamId === 0 ? undefined : String(streamId)],
    ["began", start && formatTimestamp(start)],
    ["connect", since(times.connectStart, times.connectEnd)],
    ["tls", since(times.tlsStart, times.tlsEnd)],
    ["request", since(times.requestStart, times.requestEnd)],
    ["first byte", since(times.requestStart, times.responseStart)],
    ["response", since(times.responseStart, times.responseEnd)],
    ["quality", quality],
    ["problems", problems.length === 0 ? undefined : escapeControl(problems.join(", "))],
  ];
  return parts
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}

/** Header values are octets; where they are UTF-8, that is what is read. */
function readable(value: string): string {
  if (!/[\u0080-\u00ff]/.test(value) || /[^\u0000-\u00ff]/.test(value)) return value;
  try {
    const octets = Uint8Array.from(value, (character) => character.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(octets);
  } catch {
    return value;
  }
}
