import { type Command, InvalidArgumentError, Option } from "commander";
import { TaplineError } from "../../model/index.ts";
import { collect, parseCount, parseSeconds, parseSize } from "../flags/option-values.ts";

/** Flags for what the other side is asked to tap, as written. */
export interface MatchFlags {
  match?: string;
  requestHeader: string[];
  responseHeader: string[];
  method?: string;
  path?: string;
  status?: string;
  streaming?: true;
  maxBody: number;
  buffered?: number;
  timeout?: number;
  format: "bytes" | "string";
}

export function defineMatchFlags(command: Command): void {
  command
    .option("--method <method>", "tap requests with this method")
    .option("--path <prefix>", "tap requests whose path begins so")
    .option("--status <code>", "tap responses with this status", parseStatus)
    .option(
      "--request-header <name[=value]>",
      "tap requests that have this header; may be repeated: all must match",
      collect,
      [],
    )
    .option("--response-header <name[=value]>", "the same of responses", collect, [])
    .option("--match <json>", "tap what this MatchPredicate (JSON) matches, beside the flags above")
    .option("--streaming", "show pieces of exchanges as they come, instead of whole ones (needed for what lasts long)")
    .option("--max-body <bytes>", "how much of each body to ask for", parseSize, 64 * 1024)
    .option("--buffered <traces>", "let the other side collect so many, then end", parseCount)
    .option("--timeout <seconds>", "with --buffered: end after so long", parseSeconds)
    .addOption(new Option("--format <bodies>", "how bodies travel").choices(["bytes", "string"]).default("bytes"));
}

function parseStatus(text: string): string {
  if (/^[1-9]\d\d$/.test(text)) return text;
  throw new InvalidArgumentError("Expected a status, such as 503.");
}

/** The TapConfig (JSON form) that the flags ask for. @throws TaplineError `usage` */
export function createTapConfig(flags: MatchFlags): object {
  const rules = [
    ...(flags.method === undefined ? [] : [headers("request", [`:method=${flags.method}`])]),
    ...(flags.path === undefined
      ? []
      : [{ http_request_headers_match: { headers: [{ name: ":path", string_match: { prefix: flags.path } }] } }]),
    ...(flags.requestHeader.length === 0 ? [] : [headers("request", flags.requestHeader)]),
    ...(flags.status === undefined ? [] : [headers("response", [`:status=${flags.status}`])]),
    ...(flags.responseHeader.length === 0 ? [] : [headers("response", flags.responseHeader)]),
    ...(flags.match === undefined ? [] : [parseMatch(flags.match)]),
  ];
  if (flags.timeout !== undefined && flags.buffered === undefined)
    throw new TaplineError("usage", "--timeout goes with --buffered");
  const format = flags.format === "bytes" ? "JSON_BODY_AS_BYTES" : "JSON_BODY_AS_STRING";
  const sink =
    flags.buffered === undefined
      ? { streaming_admin: {} }
      : {
          buffered_admin: {
            max_traces: flags.buffered,
            ...(flags.timeout !== undefined && { timeout: `${flags.timeout}s` }),
          },
        };
  return {
    match: rules.length === 0 ? { any_match: true } : rules.length === 1 ? rules[0] : { and_match: { rules } },
    output_config: {
      sinks: [{ format, ...sink }],
      max_buffered_rx_bytes: flags.maxBody,
      max_buffered_tx_bytes: flags.maxBody,
      ...(flags.streaming === true && { streaming: true }),
    },
  };
}

function headers(message: "request" | "response", texts: readonly string[]): object {
  const matchers = texts.map((text) => {
    const [, name, value] = /^(:?[^=:\s]+)(?:=(.*))?$/s.exec(text) ?? [];
    if (name === undefined)
      throw new TaplineError("usage", `--${message}-header ${text}: this is no header`, { hint: "name or name=value" });
    return { name, ...(value === undefined ? { present_match: true } : { string_match: { exact: value } }) };
  });
  return { [`http_${message}_headers_match`]: { headers: matchers } };
}

function parseMatch(text: string): object {
  try {
    return JSON.parse(text) as object;
  } catch (error) {
    throw new TaplineError("usage", `--match is no JSON: ${(error as Error).message}`, {
      hint: `'{"any_match": true}'`,
    });
  }
}
