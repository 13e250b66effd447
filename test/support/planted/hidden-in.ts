import { Redactor } from "../../../src/analysis/redaction/index.ts";
import type { Body, Header } from "../../../src/model/index.ts";
import { spell } from "./leaks.ts";
import type { Planted } from "./shape.ts";

/** A conversation as it is shown, and as it would be if the secret alone were hidden: marks as `‹kind›`, covered ones as `‹kind*›`, bytes of zero left out. */
export interface Hidden {
  readonly shown: string;
  readonly expected: string;
  /** The lines of it that are not as they were, from the first to the last of them. */
  readonly changed: string;
}

/**
 * Redacts a conversation piece by piece: targets, header lines and bodies of HTTP/1, anything else as bytes of both sides. Undefined of what has to be
 * decoded first: HTTP/2, WebSocket, compressed bodies.
 */
export function hiddenIn({ pieces, texts }: Planted): Hidden | undefined {
  const all = pieces.map(([, bytes]) => toText(bytes)).join("");
  if (/PRI \* HTTP|Upgrade: websocket|\x1f\x8b|\x28\xb5\x2f\xfd|Content-Encoding: (?:deflate|br)|utf-32/i.test(all))
    return undefined;
  const redactor = new Redactor({ key: new Uint8Array(32) });
  const isHttp = / HTTP\/1\.1\r\n/.test(toText(pieces[0]![1]));
  const both = isHttp ? pieces.map(([, bytes]) => ofMessage(bytes, redactor)) : [ofConnection(pieces, redactor)];
  const plain = both
    .map(([one]) => one)
    .join("\n")
    .replaceAll("\0", "");
  const shown = showMarks(
    both
      .map(([, one]) => one)
      .join("\n")
      .replaceAll("\0", ""),
  );
  return { shown, expected: hideAlone(plain, texts, shown), changed: changedLines(plain, shown) };
}

function changedLines(before: string, after: string): string {
  const [one, other] = [before.split("\n"), after.split("\n")];
  const most = Math.min(one.length, other.length);
  let first = 0;
  while (first < most && one[first] === other[first]) first++;
  let last = 0;
  while (last < most - first && one.at(-1 - last) === other.at(-1 - last)) last++;
  return other.slice(first, other.length - last).join("\n");
}

type Pair = readonly [plain: string, redacted: string];

function ofConnection(pieces: Planted["pieces"], redactor: Redactor): Pair {
  const [client, server] = ["client", "server"].map((from) =>
    bodyOf(Buffer.concat(pieces.filter(([one]) => one === from).map(([, bytes]) => bytes))),
  ) as [Body, Body];
  const redacted = [redactor.opaque(client, server), redactor.body(server, [])];
  return [
    [client, server].map(({ bytes }) => toText(bytes)).join("\n"),
    redacted.map(({ bytes }) => toText(bytes)).join("\n"),
  ];
}

function bodyOf(bytes: Uint8Array): Body {
  return { bytes, size: bytes.length, truncated: false, complete: true };
}

function ofMessage(bytes: Uint8Array, redactor: Redactor): Pair {
  const text = toText(bytes);
  const end = text.indexOf("\r\n\r\n");
  const [start = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = lines.map((line): Header => {
    const colon = line.indexOf(":");
    return colon < 0 ? { name: line, value: "" } : { name: line.slice(0, colon), value: line.slice(colon + 1).trim() };
  });
  const target = /^[A-Z]+ (.*) HTTP\/1\.1$/.exec(start)?.[1];
  const type = headers.find(({ name }) => name!.toLowerCase() === "content-type")?.value ?? "";
  const content = redactor.content(bytes.subarray(end + 4), type);
  const lineOf = ({ name, value }: Header): string => `${name}: ${value}`;
  return [
    [target ?? start, ...headers.map(lineOf), text.slice(end + 4)].join("\n"),
    [
      target === undefined ? redactor.text(start) : redactor.target(target),
      ...redactor.headers(headers).map(lineOf),
      toText(content),
    ].join("\n"),
  ];
}

function toText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

function showMarks(text: string): string {
  return text
    .replace(/redacted-([a-z0-9][a-z0-9._~-]{0,39}?)-[0-9a-f]{8}(\*?)\**/g, "‹$1$2›")
    .replace(/\*{4,}/g, "‹*›");
}

/** With each spelling of the secret hidden under the names that are shown, in their order. */
function hideAlone(plain: string, texts: readonly string[], shown: string): string {
  const marks = shown.match(/‹[^›]*›/g) ?? [];
  const spelled = texts.flatMap(spell).map((one) => one.replace(/[$()*+.?[\\\]^{|}]/g, "\\$&"));
  let at = 0;
  return plain.replace(new RegExp(spelled.join("|"), "g"), () => marks[at++] ?? "‹›");
}
