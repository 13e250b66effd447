/**
 * A JSON text (RFC 8259) with two spaces for each level, as `JSON.stringify` writes it, but with numbers and texts as they were written.
 *
 * @param limit characters that are wanted: no more is read or made than they need, so that a text of brackets, whose indentation grows
 *   with the square of its length, costs no more than any other
 * @returns undefined where what was looked at is no JSON, or ends too early
 */
export function indentJson(text: string, limit: number): string | undefined {
  let out = "";
  let at = skipSpace(text, 0);
  /** The closing brackets of those that are open, from the outside in. */
  const open: string[] = [];
  let expects: "value" | "key" | "end" = "value";
  while (out.length < limit) {
    const character = text[at];
    if (expects === "end") {
      const close = open.at(-1);
      if (close === undefined) return at === text.length ? out : undefined;
      at = skipSpace(text, at + 1);
      if (character === ",") {
        out += `,${lineBreak(open.length)}`;
        expects = close === "}" ? "key" : "value";
      } else if (character === close) {
        open.pop();
        out += lineBreak(open.length) + close;
      } else return undefined;
      continue;
    }
    const close: string | undefined = expects === "value" ? CLOSING[character ?? ""] : undefined;
    if (close !== undefined) {
      at = skipSpace(text, at + 1);
      if (text[at] === close) {
        at = skipSpace(text, at + 1);
        out += character + close;
        expects = "end";
      } else {
        open.push(close);
        out += character + lineBreak(open.length);
        expects = close === "}" ? "key" : "value";
      }
      continue;
    }
    const end = endOfScalar(text, at, expects === "key" ? STRING : SCALAR);
    if (end === undefined) return undefined;
    out += text.slice(at, end);
    at = skipSpace(text, end);
    if (expects === "value") expects = "end";
    else if (text[at] === ":") {
      at = skipSpace(text, at + 1);
      out += ": ";
      expects = "value";
    } else return undefined;
  }
  return out;
}

function skipSpace(text: string, from: number): number {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return at;
    at++;
  }
}

function lineBreak(depth: number): string {
  return `\n${"  ".repeat(depth)}`;
}

function endOfScalar(text: string, at: number, pattern: RegExp): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

const CLOSING: Readonly<Record<string, string>> = { "{": "}", "[": "]" };
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR =
  /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
