import { EXCHANGE_CODEC } from "../../../analysis/protocols/index.ts";
import { type Exchange, elapsedNanos, formatTimestamp, serverOf } from "../../../model/index.ts";
import { formatDuration } from "../units.ts";

/** A program that sends requests from a shell; `replay`: curl, which sends it to the server that got it, whatever its host means here. */
export const REQUEST_PROGRAMS = ["curl", "httpie", "replay"] as const;
export type RequestProgram = (typeof REQUEST_PROGRAMS)[number];

/**
 * The command line that sends an exchange's request again, for a POSIX shell, below a comment of what became of it; undefined for what is
 * no request of HTTP. What the program adds by itself (the length, the host) is left out. A body that is no text comes by `base64`; one of
 * which not everything was kept says so.
 */
export function requestCommand(exchange: Exchange, program: RequestProgram): string | undefined {
  const entry = EXCHANGE_CODEC.writeHarEntry(exchange) as HarEntry | undefined;
  if (entry === undefined || entry.request.method === "") return undefined;
  const { request, response } = entry;
  const { requestStart, responseEnd } = exchange.times;
  const answer = response.status === 0 ? "no answer" : `${response.status} ${response.statusText}`.trimEnd();
  const nanos = elapsedNanos(requestStart, responseEnd);
  const notes = [
    answer,
    nanos !== undefined && formatDuration(nanos),
    request.postData?._truncated === true && "not all of its body was kept",
  ].filter((note) => note !== false);
  const comment = `# ${requestStart === undefined ? "" : `${formatTimestamp(requestStart)}: `}${notes.join(", ")}`;
  return `${comment.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ")}\n${program === "httpie" ? httpie(request) : curl(request, program === "replay" ? routeTo(exchange) : [])}\n`;
}

interface HarEntry {
  readonly request: HarRequest;
  readonly response: { readonly status: number; readonly statusText: string };
}

interface HarRequest {
  readonly method: string;
  readonly url: string;
  readonly httpVersion: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly postData?: { readonly text?: string; readonly _encoding?: "base64"; readonly _truncated?: true };
}

/** curl's option for that; none where the server is not known. */
function routeTo({ connection }: Exchange): readonly string[] {
  const server = serverOf(connection);
  if (server?.kind !== "ip") return server === undefined ? [] : ["--unix-socket", quote(server.path)];
  const { address, port } = server;
  return ["--connect-to", quote(`::${address.includes(":") ? `[${address}]` : address}:${port}`)];
}

function curl(request: HarRequest, route: readonly string[]): string {
  const { method, url, httpVersion, postData } = request;
  const headers = sentHeaders(request);
  const isCoded = request.headers.some(({ name }) => name.toLowerCase() === "accept-encoding");
  const body = postData?.text;
  const parts = [
    ...(method === (body === undefined ? "GET" : "POST") ? [] : method === "HEAD" ? ["--head"] : ["-X", quote(method)]),
    ...route,
    quote(url),
    ...(/^HTTP\/2/.test(httpVersion) ? [url.startsWith("https:") ? "--http2" : "--http2-prior-knowledge"] : []),
    ...(isCoded ? ["--compressed"] : []),
    // An empty value has a semicolon: with a colon curl leaves the header out.
    ...headers.flatMap(({ name, value }) => ["-H", quote(value === "" ? `${name};` : `${name}: ${value}`)]),
  ];
  // By itself curl would call it a form.
  if (body !== undefined && !request.headers.some(({ name }) => name.toLowerCase() === "content-type"))
    parts.push("-H", "'Content-Type:'");
  if (body === undefined) return `curl ${parts.join(" ")}`;
  if (postData!._encoding === "base64")
    return `${decoding(body)} | curl ${[...parts, "--data-binary", "@-"].join(" ")}`;
  // With an @ before it it would be the name of a file.
  return `curl ${[...parts, body.startsWith("@") || hasNul(body) ? "--data-raw" : "--data-binary", quote(body)].join(" ")}`;
}

function httpie(request: HarRequest): string {
  const { method, url, postData } = request;
  const body = postData?.text;
  const parts = [
    method === "" ? "GET" : quote(method),
    quote(url),
    ...sentHeaders(request).map(({ name, value }) => quote(value === "" ? `${name};` : `${name}:${escapeItem(value)}`)),
  ];
  if (body === undefined) return `http --ignore-stdin ${parts.join(" ")}`;
  if (postData!._encoding === "base64") return `${decoding(body)} | http ${parts.join(" ")}`;
  return `http --ignore-stdin --raw ${quote(body)} ${parts.join(" ")}`;
}

/** In HTTPie's items a backslash keeps what follows from meaning anything. */
function escapeItem(value: string): string {
  return value.startsWith("=") || value.startsWith("@") ? `\\${value}` : value;
}

function sentHeaders({ headers, url }: HarRequest): readonly { readonly name: string; readonly value: string }[] {
  const host = URL.canParse(url) ? new URL(url).host : undefined;
  return headers.filter(({ name, value }) => {
    const lower = name.toLowerCase();
    if (lower.startsWith(":") || LEFT_OUT.has(lower) || /[\r\n\0]/.test(name + value)) return false;
    return lower !== "host" || value !== host;
  });
}

const LEFT_OUT: ReadonlySet<string> = new Set([
  ...["content-length", "connection", "keep-alive", "transfer-encoding", "te", "upgrade", "http2-settings", "expect"],
  ...["proxy-connection", "accept-encoding"],
]);

function decoding(base64: string): string {
  return `printf %s ${quote(base64)} | base64 -d`;
}

function hasNul(text: string): boolean {
  return text.includes("\0");
}

/** One word of a POSIX shell, in which nothing means anything. */
function quote(text: string): string {
  return /^[\w./:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
