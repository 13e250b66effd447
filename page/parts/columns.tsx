import type { ComponentChildren } from "preact";
import { showMarks } from "../../src/analysis/redaction/mark.ts";
import type { SortOrder } from "../../src/collector/store/exchange-store.ts";
import type { ListItem } from "../source/data-source.ts";
import { formatBytesAligned, formatDuration, formatTime, showText, timestampOf, UNKNOWN } from "../text/format.ts";

export interface Column {
  readonly name: string;
  readonly label: string;
  /** Default: its name. */
  readonly className?: string;
  /** Of a CSS grid. */
  readonly width: string;
  /** That its head sorts by, the largest first. */
  readonly order?: SortOrder;
  /** That its head sorts by where it sorts by `order` already. Default: that of the beginning, by time. */
  readonly reverse?: SortOrder;
  /** Pixels of the list from which on there is room for it. */
  readonly from?: number;
  /** The condition that a cell stands for. */
  readonly condition?: (item: ListItem) => string | undefined;
  readonly show: (item: ListItem, utc: boolean) => ComponentChildren;
}

const is = (attribute: string, value: string | undefined): string | undefined =>
  value === undefined ? undefined : `${attribute} == ${JSON.stringify(value)}`;

const text = (value: string | undefined): ComponentChildren => {
  if (value === undefined) return <i class="unknown">{UNKNOWN}</i>;
  const shown = showText(showMarks(value));
  return <span title={shown}>{shown}</span>;
};

/** Nanoseconds that fill the bar of a duration. */
const FULL_BAR = 1e9;

export const COLUMNS: readonly Column[] = [
  {
    name: "time",
    label: "Time",
    width: "96px",
    order: "newest",
    reverse: "oldest",
    condition: ({ time }) => `time >= timestamp("${timestampOf(time)}")`,
    show: ({ time }, utc) => formatTime(time, utc),
  },
  {
    name: "client",
    from: 760,
    label: "Client",
    width: "minmax(60px, 1fr)",
    condition: ({ peer }) => is("peer.name", peer),
    show: ({ peer, client }) => text(peer ?? client),
  },
  {
    name: "method",
    label: "Method",
    width: "64px",
    condition: ({ verb, kind }) => (kind === "http" ? is("request.method", verb) : is("kind", kind)),
    show: ({ verb, protocol }) => text(verb ?? protocol),
  },
  {
    name: "service",
    from: 480,
    label: "Service",
    width: "minmax(70px, 1.2fr)",
    condition: ({ service }) => is("service.name", service),
    show: ({ service, host, server }) => text(service ?? host ?? server),
  },
  {
    name: "path",
    label: "Path",
    width: "minmax(120px, 3fr)",
    condition: ({ target, kind }) => (kind === "http" ? is("request.path", target) : undefined),
    show: ({ target, operation }) => text(target ?? operation),
  },
  {
    name: "status",
    label: "Status",
    width: "92px",
    condition: ({ status, outcome }) =>
      /^\d+$/.test(status ?? "") ? `response.code == ${status}` : is("outcome", outcome),
    show: (item) => <Status item={item} />,
  },
  {
    name: "type",
    from: 700,
    label: "Type",
    width: "72px",
    condition: ({ application }) =>
      application === undefined ? undefined : `${JSON.stringify(application.split(" ")[0])} in applications`,
    show: ({ type }) => text(type),
  },
  {
    name: "size",
    from: 640,
    label: "Size",
    width: "72px",
    order: "largest",
    show: ({ responseBytes, requestBytes }) => formatBytesAligned(responseBytes + requestBytes),
  },
  {
    name: "duration",
    from: 480,
    label: "Duration",
    width: "minmax(84px, 150px)",
    order: "slowest",
    condition: ({ duration }) => (duration === undefined ? undefined : `duration >= duration('${duration}ns')`),
    show: (item) => <Duration item={item} />,
  },
  {
    name: "quality",
    from: 680,
    label: "Whole",
    width: "44px",
    condition: ({ quality }) => is("quality", quality),
    show: ({ quality, isCounted }) => <Glyph quality={quality} isCounted={isCounted} />,
  },
  {
    name: "route",
    label: "Route",
    width: "minmax(100px, 2fr)",
    condition: ({ route }) => is("route", route),
    show: ({ route }) => text(route),
  },
  {
    name: "protocol",
    label: "Protocol",
    width: "80px",
    condition: ({ protocol }) => is("protocol", protocol),
    show: ({ protocol }) => text(protocol),
  },
  {
    name: "trace",
    label: "Trace",
    width: "minmax(80px, 1fr)",
    condition: ({ traceId }) => is("trace.id", traceId),
    show: ({ traceId }) => text(traceId),
  },
];

function Status({ item: { status, outcome, reason } }: { item: ListItem }) {
  const isError = outcome === "error" || outcome === "none";
  // A gRPC call that failed was answered with 200.
  const shown = isError && reason !== undefined && /^2/.test(status ?? "2") ? reason : status;
  return (
    <span class={`status ${outcome ?? "ok"}`} title={showText(reason ?? outcome ?? "")}>
      {shown === undefined ? UNKNOWN : showText(shown)}
      {isError ? <b> {outcome === "none" ? "no answer" : "error"}</b> : null}
    </span>
  );
}

function Duration({ item: { duration, ttfb } }: { item: ListItem }) {
  if (duration === undefined) return <i class="unknown">{UNKNOWN}</i>;
  const part = (nanos: number): number => Math.min(1, Math.log10(1 + (9 * nanos) / FULL_BAR));
  return (
    <>
      <span class="figure">{formatDuration(duration)}</span>
      <span class="bar" aria-hidden="true">
        <span class="wait" style={{ width: `${100 * part(ttfb ?? duration)}%` }} />
        <span class="rest" style={{ width: `${100 * Math.max(0.02, part(duration) - part(ttfb ?? duration))}%` }} />
      </span>
    </>
  );
}

const GLYPHS: Readonly<Record<string, string>> = {
  complete: "●",
  truncated: "◐",
  gap: "◌",
  "mid-stream": "◑",
  unpaired: "○",
  unfinished: "◔",
};

function Glyph({ quality, isCounted }: { quality: string; isCounted: boolean }) {
  const words = isCounted ? quality : `${quality}; another view of this request is counted`;
  return (
    <span class={`glyph ${quality}`} title={words} role="img" aria-label={words}>
      {isCounted ? (GLYPHS[quality] ?? "?") : "⧉"}
    </span>
  );
}
