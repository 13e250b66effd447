import type { DescribeMessage } from "../../analysis/content/grpc-payloads.ts";
import { decodeContent } from "../../analysis/content/node-content-decoder.ts";
import {
  bookFailures,
  compileField,
  compileFilter,
  type Field,
  type Filter,
  formatField,
} from "../../analysis/filter/index.ts";
import {
  accountFor,
  type ExchangeOutput,
  ExchangePipeline,
  type ExchangePipelineOptions,
} from "../../analysis/pipeline/exchange-pipeline.ts";
import type { Redactor } from "../../analysis/redaction/index.ts";
import { createNodeRedactor } from "../../analysis/redaction/node-redactor.ts";
import { type Exchange, type FlowEvent, type SocketObserver, TaplineError } from "../../model/index.ts";
import { eventDocument, formatEvent } from "../../sink/terminal/event-line.ts";
import { createExchangeOutput, createFieldOutput } from "../../sink/terminal/exchange-output.ts";
import type { GatheredOutput } from "../../sink/terminal/gathered-output.ts";
import { StreamFollower } from "../../sink/terminal/stream-follower.ts";
import type { Style } from "../../sink/terminal/style.ts";
import { escapeControl } from "../../wire/text/escape-control.ts";
import { nodeTlsCrypto } from "../../wire/tls/node-tls-crypto.ts";
import { parseFieldOptions } from "./field-options.ts";
import { type FollowTarget, parseFollowTarget } from "./follow-target.ts";
import type { ReadFlags } from "./read-flags.ts";

/** What is made of what is read: exchanges, socket events, or one connection's bytes. */
export interface View {
  readonly observer: SocketObserver;
  readonly exchange: (exchange: Exchange) => void;
  readonly flow: (event: FlowEvent) => void;
  begin(): void;
  finishInput(): void;
  end(): void;
  /** What `seen` and `shown` count. */
  readonly unit: string;
  readonly seen: number;
  readonly shown: number;
}

export type ViewOptions = Omit<
  ExchangePipelineOptions,
  "filter" | "explain" | "redactor" | "count" | "output" | "decode" | "tlsCrypto"
> & {
  readonly out: GatheredOutput;
  readonly style: Style;
  /** Gets what is shown, too. */
  readonly alsoTo?: ExchangeOutput;
  /** Says what the messages of conversations hold, where bodies are shown. */
  readonly describeMessage?: DescribeMessage;
};

/** @throws TaplineError (`usage`) where flags are wrong or do not go together */
export function createView(flags: ReadFlags, options: ViewOptions): View {
  const filter =
    flags.filter === undefined
      ? undefined
      : compileFilter(flags.filter, { onFailure: bookFailures(options.ledger, "-Y", tell) });
  const redactor = flags.redact ? createNodeRedactor() : undefined;
  if (flags.explain === true && filter === undefined)
    throw new TaplineError("usage", "--explain needs a filter to explain", { hint: "-Y '5xx' --explain" });
  if (options.alsoTo !== undefined && (flags.explain === true || flags.events === true || flags.follow !== undefined))
    throw new TaplineError("usage", "a file of exchanges cannot be written with --events, -z or --explain", {
      hint: "leave those out, or write packets or traces",
    });
  if (flags.follow !== undefined) {
    const target = parseFollowTarget(flags.follow);
    if (target.layer === "tcp") return followBytes(target, redactor, options);
    return exchangeView({ ...flags, verbose: 2 }, both(filter, target), redactor, options);
  }
  if (flags.events === true) return eventView(flags, filter, options);
  return exchangeView(flags, filter, redactor, options);
}

function tell(message: string): void {
  process.stderr.write(`tapline: ${message}\n`);
}

function both(filter: Filter | undefined, target: FollowTarget): Filter {
  const all = filter ?? compileFilter("true");
  return {
    ...all,
    matches: (kind, subject) =>
      "connection" in subject && target.matches(subject.connection) && all.matches(kind, subject),
  };
}

function exchangeView(
  flags: ReadFlags,
  filter: Filter | undefined,
  redactor: Redactor | undefined,
  options: ViewOptions,
): View {
  const shown = createOutput(flags, options);
  const output = options.alsoTo === undefined ? shown : toBoth(shown, options.alsoTo);
  const session = new ExchangePipeline({
    ...options,
    output,
    decode: decodeContent,
    tlsCrypto: nodeTlsCrypto,
    explain: flags.explain === true,
    ...(filter === undefined ? {} : { filter }),
    ...(redactor === undefined ? {} : { redactor }),
    ...(flags.count === undefined ? {} : { count: flags.count }),
  });
  return {
    observer: session,
    exchange: (exchange) => session.exchange(exchange),
    flow: (event) => session.flow(event),
    begin: () => output.begin?.(),
    finishInput: () => session.finishInput(),
    end: () => output.end?.(),
    get unit() {
      return session.unit;
    },
    get seen() {
      return session.seen;
    },
    get shown() {
      return session.shown;
    },
  };
}

function toBoth(first: ExchangeOutput, second: ExchangeOutput): ExchangeOutput {
  return {
    begin() {
      first.begin?.();
      second.begin?.();
    },
    exchange(exchange) {
      first.exchange(exchange);
      second.exchange(exchange);
    },
    flow(event) {
      first.flow(event);
      second.flow(event);
    },
    end() {
      first.end?.();
      second.end?.();
    },
  };
}

function createOutput(flags: ReadFlags, options: ViewOptions): ExchangeOutput {
  const { out, style, describeMessage } = options;
  if (flags.type === "fields" || flags.field.length > 0) return fieldOutput(flags, options);
  const format = flags.output;
  if (flags.explain === true && format !== "table")
    throw new TaplineError("usage", `--explain is for people, and -o ${format} is not`);
  const columns = process.stdout.isTTY ? process.stdout.columns : undefined;
  return createExchangeOutput(format, out, {
    style,
    verbosity: flags.verbose,
    ...(columns === undefined ? {} : { columns }),
    ...(describeMessage === undefined ? {} : { describeMessage }),
  });
}

function fieldOutput(flags: ReadFlags, options: ViewOptions): ExchangeOutput {
  if (flags.field.length === 0)
    throw new TaplineError("usage", "-T fields needs fields", { hint: "-T fields -e request.path -e response.code" });
  const format = (field: Field, kind: "exchange" | "flow", subject: never): string =>
    escapeControl(formatField(field.evaluate(kind, subject), field.type));
  return createFieldOutput(options.out, {
    fields: flags.field.map((text) =>
      compileField(text, { onFailure: bookFailures(options.ledger, `-e ${text}`, tell) }),
    ),
    ...parseFieldOptions(flags.fieldOption),
    format,
  });
}

function eventView(flags: ReadFlags, filter: Filter | undefined, options: ViewOptions): View {
  const { out, style, ledger, enough } = options;
  const format = flags.output;
  if (format !== "table" && format !== "ndjson")
    throw new TaplineError("usage", `--events are printed as table or ndjson, not as ${format}`);
  let shown = 0;
  const observer = accountFor(ledger, (event) => {
    if (filter !== undefined && !filter.matches("event", event)) return false;
    if (flags.count !== undefined && shown >= flags.count) return false;
    out.write(`${format === "ndjson" ? JSON.stringify(eventDocument(event)) : formatEvent(event, style)}\n`);
    if (++shown === flags.count) enough();
    return true;
  });
  return withoutExchanges("event", observer);
}

function followBytes(target: FollowTarget, redactor: Redactor | undefined, options: ViewOptions): View {
  const { out, style, ledger } = options;
  const follower = new StreamFollower({
    mode: target.mode,
    style,
    write: out.write,
    ...(redactor === undefined ? {} : { redactor }),
  });
  const observer = accountFor(ledger, (event) => {
    if (!target.matches(event.connection)) return false;
    follower.observe(event);
    refuseBlind(follower);
    return true;
  });
  const end = (): void => {
    follower.end();
    refuseBlind(follower);
  };
  return { ...withoutExchanges("event", observer), end };
}

function refuseBlind(follower: StreamFollower): void {
  if (follower.blind)
    throw new TaplineError("usage", "this connection speaks HTTP/2: its bytes cannot be redacted", {
      hint: "-z follow,http,ascii,ID shows what it says; --no-redact shows the bytes",
    });
}

/** Files that hold exchanges have no bytes to show. */
function withoutExchanges(unit: string, observer: ReturnType<typeof accountFor>): View {
  const refuse = (): never => {
    throw new TaplineError("usage", "this file holds exchanges, not what moved on connections", {
      hint: "leave out --events or -z",
    });
  };
  return {
    observer,
    exchange: refuse,
    flow: refuse,
    begin() {},
    finishInput() {},
    end() {},
    unit,
    get seen() {
      return observer.seen;
    },
    get shown() {
      return observer.shown;
    },
  };
}
