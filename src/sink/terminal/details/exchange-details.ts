import type { DescribeMessage } from "../../../analysis/content/grpc-payloads.ts";
import { type ExchangeDetail, rowOf } from "../../../analysis/protocols/index.ts";
import { type Exchange, formatTimestamp, type Header } from "../../../model/index.ts";
import { escapeControl } from "../../../wire/text/escape-control.ts";
import { octetsToText } from "../../../wire/text/octets-to-text.ts";
import type { Paint, Style } from "../style.ts";
import { formatDuration, formatSize } from "../units.ts";
import { bodyLines, contentLines } from "./body-lines.ts";

/**
 * The output of `-v` below an exchange's line: heads as curl shows them, `>` for what the client sent and `<` for what the server did,
 * and times. With bodies (`-vv`), those and the messages of a conversation too.
 */
export function exchangeDetails(
  exchange: Exchange,
  style: Style,
  withBodies: boolean,
  describeMessage?: DescribeMessage,
): string[] {
  const details = rowOf(exchange).details(exchange, { bodies: withBodies, describeMessage });
  return [...details.flatMap((detail) => detailLines(detail, style)), style.dim(`* ${timing(exchange)}`)];
}

function detailLines(detail: ExchangeDetail, style: Style): string[] {
  if (detail.part === "note") return [`* ${escapeControl(detail.text)}`];
  const [mark, paint] = detail.from === "client" ? [">", style.cyan] : ["<", style.green];
  switch (detail.part) {
    case "head":
      return [
        `${paint(mark)} ${style.bold(escapeControl(detail.line))}`,
        ...headerLines(detail.fields, mark, paint, style),
        paint(mark),
      ];
    case "body":
      return [
        ...bodyLines(detail.body, detail.type).map((line) => `  ${line}`),
        ...headerLines(detail.trailers, mark, paint, style),
      ];
    case "message": {
      const { label, size, notes, content } = detail;
      const lines = typeof content === "string" ? escapeControl(content, "lines").split("\n") : contentLines(content);
      return [
        `${paint(mark)} ${style.bold(escapeControl([label, formatSize(size), ...notes].join(", ")))}`,
        ...lines.map((line) => `  ${line}`),
      ];
    }
  }
}

const UNKNOWN = "‹unknown›";

function headerLines(headers: readonly Header[], mark: string, paint: Paint, style: Style): string[] {
  return headers.map(({ name, value }) => {
    const shownName = style.blue(`${escapeControl(name ?? UNKNOWN)}:`);
    return `${paint(mark)} ${shownName} ${escapeControl(value === undefined ? UNKNOWN : octetsToText(value))}`;
  });
}

function timing(exchange: Exchange): string {
  const { id, connection, times, quality, problems } = exchange;
  const start = times.requestStart ?? times.responseStart;
  const since = (from: typeof start, to: typeof start): string | undefined =>
    from && to && formatDuration((to.seconds - from.seconds) * 1e9 + (to.nanos - from.nanos));
  const parts = [
    ["exchange", String(id)],
    ["connection", String(connection.id)],
    ...rowOf(exchange).facts(exchange),
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
