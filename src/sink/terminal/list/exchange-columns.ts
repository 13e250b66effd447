import { type ExchangeCells, rowOf, type Tone } from "../../../analysis/protocols/index.ts";
import { showMarks } from "../../../analysis/redaction/index.ts";
import {
  type Connection,
  clientOf,
  type Endpoint,
  type Exchange,
  elapsedNanos,
  formatEndpoint,
  formatTimestamp,
  serverOf,
  type Timestamp,
} from "../../../model/index.ts";
import { displayWidth } from "../../../wire/text/display-width.ts";
import { escapeControl, isPlain } from "../../../wire/text/escape-control.ts";
import type { ZonedTime } from "../../../wire/text/zoned-time.ts";
import type { Style } from "../style.ts";
import { formatDuration, formatSize } from "../units.ts";

/** One cell of an exchange's line: text without control characters, and how it is coloured. */
export interface Cell {
  readonly text: string;
  readonly paint?: keyof Style | undefined;
  /** All its characters are known to be of one column each: nothing has to be measured. */
  readonly isNarrow?: boolean;
}

/** A column of lists of exchanges, for people. */
export interface Column {
  readonly name: string;
  readonly title: string;
  /** To begin with, in characters of a terminal. */
  readonly width: number;
  /** When it widens on a terminal. */
  readonly most: number;
  readonly right?: true;
  /** Cut at its beginning: the end says more. */
  readonly keepsEnd?: true;
  /** @param cells what differs by protocol */
  readonly cell: (exchange: Exchange, cells: ExchangeCells, clock: ZonedTime) => Cell;
  /** The value for programs, where that is another; empty where it is not known. */
  readonly raw?: (exchange: Exchange) => string;
}

/** All that stand for themselves; `columns` has those that are shown by default. */
export const COLUMNS = {
  time: {
    title: "TIME",
    width: 12,
    most: 23,
    cell: ({ times }, _, clock) => {
      const time = times.requestStart ?? times.responseStart;
      return own((time && clock.format(time)) ?? "?", "dim");
    },
    raw: ({ times }) => {
      const time = times.requestStart ?? times.responseStart;
      return time === undefined ? "" : formatTimestamp(time);
    },
  },
  ends: {
    title: "CLIENT → SERVER",
    width: 31,
    most: 60,
    keepsEnd: true,
    cell: ({ connection }) => endsOf(connection),
  },
  client: {
    title: "CLIENT",
    width: 14,
    most: 40,
    cell: ({ connection }) => seen(formatEnd(clientOf(connection))),
  },
  server: {
    title: "SERVER",
    width: 14,
    most: 40,
    cell: ({ connection }) => seen(formatEnd(serverOf(connection))),
  },
  method: {
    title: "METHOD",
    width: 6,
    most: 9,
    cell: ({ protocol }, { verb }) => seen(verb ?? protocol, "cyan"),
  },
  host: {
    title: "HOST",
    width: 16,
    most: 40,
    cell: ({ connection }, { host }) => seenWithMarks(host ?? connection.tls?.sni ?? "-"),
  },
  path: {
    title: "PATH",
    width: 24,
    most: 60,
    cell: (_, { target }) => seenWithMarks(target ?? "-"),
  },
  status: {
    title: "STATUS",
    width: 6,
    most: 12,
    cell: (_, { status, tone }) => seen(status ?? "-", tone === undefined ? undefined : TONES[tone]),
  },
  type: {
    title: "TYPE",
    width: 8,
    most: 20,
    cell: (_, { type }) => seen(type ?? "-", "dim"),
  },
  sizes: {
    title: "SIZES",
    width: 15,
    most: 17,
    right: true,
    cell: (_, { sizes }) => own(`${formatSize(sizes.request)} / ${formatSize(sizes.response)}`),
  },
  duration: {
    title: "DURATION",
    width: 8,
    most: 9,
    right: true,
    cell: ({ times }, { status }) => {
      const nanos = elapsedNanos(times.requestStart, times.responseEnd);
      // There was an answer, so it took some time.
      return own(nanos === undefined && status !== undefined ? "?" : formatDuration(nanos));
    },
    raw: ({ times }) => {
      const nanos = elapsedNanos(times.requestStart, times.responseEnd);
      return nanos === undefined ? "" : String(nanos / 1e9);
    },
  },
  "request-bytes": {
    title: "REQUEST",
    width: 7,
    most: 9,
    right: true,
    cell: (_, { sizes }) => own(formatSize(sizes.request)),
    raw: (exchange) => String(rowOf(exchange).cells(exchange).sizes.request),
  },
  "response-bytes": {
    title: "RESPONSE",
    width: 8,
    most: 9,
    right: true,
    cell: (_, { sizes }) => own(formatSize(sizes.response)),
    raw: (exchange) => String(rowOf(exchange).cells(exchange).sizes.response),
  },
  quality: {
    title: "QUALITY",
    width: 10,
    most: 40,
    cell: ({ quality, problems }) => {
      const paint = quality === "complete" ? "dim" : "yellow";
      return problems.length === 0 ? own(quality, paint) : seen(`${quality} (${problems.join(", ")})`, paint);
    },
  },
} as const satisfies Record<string, Omit<Column, "name">>;

const pick = (...names: (keyof typeof COLUMNS)[]): readonly Column[] =>
  names.map((name) => ({ name, ...COLUMNS[name] }));

/** Those of a line by default. */
export const DEFAULT_COLUMNS = pick(
  ...(["time", "ends", "method", "host", "path", "status", "type", "sizes", "duration", "quality"] as const),
);

/** Those of CSV by default: each has one value. */
export const CSV_COLUMNS = pick(
  ...(["time", "client", "server", "method", "host", "path", "status", "type"] as const),
  ...(["request-bytes", "response-bytes", "duration", "quality"] as const),
);

/** A column whose cells are drawn when all are known, from the beginning and the end that it has in its text: seconds. */
export const TIMELINE: Column = {
  name: "timeline",
  title: "TIME LINE",
  width: 44,
  most: 44,
  cell: ({ times }) => {
    const began = times.requestStart ?? times.responseStart;
    const seconds = (time: Timestamp | undefined): number => (time === undefined ? 0 : time.seconds + time.nanos / 1e9);
    return seen(`${seconds(began)} ${seconds(times.responseEnd ?? times.responseStart ?? began)}`, "cyan");
  },
};

/** Those of all hops of one request. */
export const TRACE_COLUMNS: readonly Column[] = [
  ...pick("time", "ends", "method", "host", "path", "status", "duration"),
  TIMELINE,
];

/** The column of that name; undefined where there is none. */
export function findColumn(name: string): Column | undefined {
  return Object.hasOwn(COLUMNS, name) ? { name, ...COLUMNS[name as keyof typeof COLUMNS] } : undefined;
}

/** The cells of a line. */
export function cellsOf(exchange: Exchange, columns: readonly Column[], clock: ZonedTime): Cell[] {
  const cells = rowOf(exchange).cells(exchange);
  return columns.map(({ cell }) => cell(exchange, cells, clock));
}

/** All cells are made alike: of the members that they have, and of the order of these, V8 makes types. */
function cellOf(text: string, paint: keyof Style | undefined, isNarrow: boolean): Cell {
  return { text, paint, isNarrow };
}

/** Our own text, of characters of one column each. */
function own(text: string, paint?: keyof Style): Cell {
  return cellOf(text, paint, true);
}

/** Text that was seen, or in which some stands that was. */
function seen(text: string, paint?: keyof Style): Cell {
  return isPlain(text) ? cellOf(text, paint, true) : cellOf(escapeControl(text), paint, false);
}

function seenWithMarks(text: string): Cell {
  return isPlain(text)
    ? cellOf(showMarks(text), undefined, true)
    : cellOf(showMarks(escapeControl(text)), undefined, false);
}

const TONES: Readonly<Record<Tone, keyof Style>> = {
  quiet: "dim",
  good: "green",
  elsewhere: "cyan",
  warning: "yellow",
  bad: "red",
};

/** A connection has two ends: one that is not there is not known. */
function formatEnd(endpoint: Endpoint | undefined): string {
  return endpoint === undefined ? "?" : formatEndpoint(endpoint);
}

function endsOf(connection: Connection): Cell {
  // Which end is the client may become known while the connection lasts.
  const client = clientOf(connection);
  const server = serverOf(connection);
  const place = client?.kind === "ip" ? client.port % ENDS.length : 0;
  const known = ENDS[place];
  if (known !== undefined && known.client === client && known.server === server) return known.cell;
  const text = escapeControl(`${formatEnd(client)} → ${formatEnd(server)}`);
  const cell = cellOf(text, undefined, displayWidth(text) === text.length);
  ENDS[place] = { client, server, cell };
  return cell;
}

interface Ends {
  readonly client: Endpoint | undefined;
  readonly server: Endpoint | undefined;
  readonly cell: Cell;
}

/** The ends of connections whose exchanges came last, one for each place: most have several, some have one. */
const ENDS: (Ends | undefined)[] = Array.from({ length: 256 }, () => undefined);
