import type { Redactor } from "../../analysis/redaction/index.ts";
import type { MessageParts, Pair, Replay } from "../../wasm-host/index.ts";
import { escapeControl } from "../../wire/text/escape-control.ts";
import { octetsToText } from "../../wire/text/octets-to-text.ts";
import type { Style } from "../terminal/style.ts";
import { type DifferentLine, differingLines } from "./line-difference.ts";
import type { ReplayEvents } from "./replay-events.ts";

type Events = ReturnType<ReplayEvents["take"]>;

export interface ReplayDescription {
  readonly style: Style;
  /** Absent: credentials are shown. */
  readonly redactor: Redactor | undefined;
}

/** The changes of a message: headers, body and trailers line by line. */
interface MessageChanges {
  readonly side: "request" | "response";
  readonly lines: readonly DifferentLine[];
}

/** An exchange and what the filter made of it, for people: a line, and below what changed, calls and logs. */
export function describeReplay(replay: Replay, events: Events, { style, redactor }: ReplayDescription): string {
  const { exchange, outcome, micros, memory } = replay;
  const paint = outcome === "passed" ? style.green : outcome === "answered" ? style.yellow : style.red;
  const cost = `${(micros / 1000).toFixed(3)} ms, ${formatSize(memory)}`;
  const lines = [
    `#${exchange.id} ${style.bold(escapeControl(titleOf(replay, redactor)))}  ${paint(outcome)}  ${style.dim(cost)}`,
  ];
  for (const { side, lines: changed } of changesOf(replay, redactor)) {
    lines.push(`  ${side}`);
    for (const { change, text } of changed)
      lines.push(`  ${(change === "-" ? style.red : style.green)(`${change} ${escapeControl(text)}`)}`);
  }
  lines.push(...describeEvents(events, style, redactor).map((line) => `  ${line}`));
  return `${lines.join("\n")}\n`;
}

/** Calls and logs, a line each. */
export function describeEvents(
  { calls, logs, untold }: Events,
  style: Style,
  redactor: Redactor | undefined,
): string[] {
  const lines = calls.map(({ call, status, problem, millis }) => {
    const find = (name: string): string => call.headers.find(([key]) => key === name)?.[1] ?? "";
    const answer = status === undefined ? style.red(problem ?? "no answer") : String(status);
    const path = redactor?.target(find(":path")) ?? find(":path");
    const target = escapeControl(`${call.cluster} ${find(":method")} ${path}`);
    return `→ ${target} ${call.body.length} B → ${answer} ${style.dim(`${millis.toFixed(0)} ms`)}`;
  });
  for (const { level, message } of redactLogs(logs, redactor))
    lines.push(`${style.dim(`[${level}]`)} ${escapeControl(message)}`);
  if (untold > 0) lines.push(`… and ${untold} more calls and lines of log`);
  return lines;
}

/** The same as a document. */
export function replayDocument(
  replay: Replay,
  { calls, logs, untold }: Events,
  redactor: Redactor | undefined,
): object {
  return {
    exchange: replay.exchange.id,
    operation: titleOf(replay, redactor),
    outcome: replay.outcome,
    micros: Math.round(replay.micros),
    memory: replay.memory,
    changes: changesOf(replay, redactor).map(({ side, lines }) => ({
      side,
      removed: lines.filter(({ change }) => change === "-").map(({ text }) => text),
      added: lines.filter(({ change }) => change === "+").map(({ text }) => text),
    })),
    calls: calls.map(({ call: { cluster, headers, body }, ...end }) => ({
      cluster,
      headers: redactPairs(headers, redactor).filter(([name]) => name.startsWith(":")),
      bodyBytes: body.length,
      ...end,
    })),
    logs: redactLogs(logs, redactor),
    ...(untold > 0 && { untold }),
  };
}

function titleOf({ exchange, after, before }: Replay, redactor: Redactor | undefined): string {
  const status = (after.response ?? before.response)?.headers.find(([name]) => name === ":status")?.[1];
  const { request } = exchange;
  const target = request?.target ?? "";
  const operation = `${request?.method ?? "?"} ${request?.authority ?? ""}${redactor?.target(target) ?? target}`;
  return `${octetsToText(operation)} → ${status ?? "no response"}`;
}

function changesOf({ before, after, outcome }: Replay, redactor: Redactor | undefined): MessageChanges[] {
  return (["request", "response"] as const).flatMap((side) => {
    const [old, young] = [before[side], after[side]];
    // A request that the filter answered by itself does not come out.
    if (young === undefined && (side === "request" || old === undefined || outcome !== "passed")) return [];
    const lines = [
      ...headerChanges(old?.headers ?? [], young?.headers ?? [], "", redactor),
      ...bodyChanges(old, young, redactor),
      ...headerChanges(old?.trailers ?? [], young?.trailers ?? [], "trailer ", redactor),
    ];
    return lines.length === 0 ? [] : [{ side, lines }];
  });
}

function headerChanges(
  before: readonly Pair[],
  after: readonly Pair[],
  prefix: string,
  redactor: Redactor | undefined,
): DifferentLine[] {
  const [old, young] = [before, after].map((pairs) =>
    redactPairs(pairs, redactor).map(([name, value]) => octetsToText(`${prefix}${name}: ${value}`)),
  );
  return differingLines(old!, young!) ?? TOO_MANY;
}

const TOO_MANY: DifferentLine[] = [{ change: "+", text: "(more headers than can be compared)" }];

function bodyChanges(
  before: MessageParts | undefined,
  after: MessageParts | undefined,
  redactor: Redactor | undefined,
): DifferentLine[] {
  const [old, young] = [before?.body ?? NOTHING, after?.body ?? NOTHING];
  if (Buffer.compare(old, young) === 0) return [];
  const texts = [before, after].map((parts) => readableText(parts, redactor));
  const lines = texts.every((text) => text !== undefined)
    ? differingLines(texts[0]!.split("\n"), texts[1]!.split("\n"))
    : undefined;
  if (lines !== undefined && lines.length > 0 && lines.length <= MOST_LINES)
    return lines.map(({ change, text }) => ({ change, text: `body: ${text}` }));
  return [
    { change: "-", text: `body: ${old.length} bytes` },
    { change: "+", text: `body: ${young.length} bytes` },
  ];
}

const MOST_LINES = 200;
const NOTHING = new Uint8Array(0);

/** A body as text, without its secrets; undefined where it is none, or is coded. */
function readableText(parts: MessageParts | undefined, redactor: Redactor | undefined): string | undefined {
  if (parts === undefined || parts.body.length === 0) return "";
  const find = (name: string): string | undefined => parts.headers.find(([key]) => key === name)?.[1];
  if (find("content-encoding") !== undefined || parts.body.length > MOST_TEXT) return undefined;
  const bytes = redactor?.content(parts.body, find("content-type") ?? "") ?? parts.body;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

const MOST_TEXT = 1024 * 1024;

/** A filter may log whatever passes it. */
export function redactLogs(logs: Events["logs"], redactor: Redactor | undefined): Events["logs"] {
  return redactor === undefined ? logs : logs.map(({ level, message }) => ({ level, message: redactor.text(message) }));
}

function redactPairs(pairs: readonly Pair[], redactor: Redactor | undefined): readonly Pair[] {
  if (redactor === undefined) return pairs;
  return redactor
    .headers(pairs.map(([name, value]) => ({ name, value })))
    .map(({ name, value }) => [name ?? "", value ?? ""]);
}

function formatSize(bytes: number): string {
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
