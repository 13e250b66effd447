import { TaplineError } from "../../model/index.ts";

/** A piece of a `.proto` file (protobuf.dev, Language Specification, "Lexical Elements"). */
export interface Token {
  /** `end` stands once, last. */
  readonly kind: "word" | "number" | "string" | "symbol" | "end";
  /** As it stands in the file; of a string what it means. */
  readonly text: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

/** @throws TaplineError (`input`) with the place of what is no token */
export function tokenizeProto(file: string, source: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let lineStart = 0;
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < source.length) {
    const start = TOKEN.lastIndex;
    const column = start - lineStart + 1;
    const groups = TOKEN.exec(source)?.groups;
    if (groups === undefined)
      throw new TaplineError("input", `${JSON.stringify(source[start])} begins nothing that a .proto file may hold`, {
        place: { file, line, column },
      });
    const { word, number, string, symbol } = groups;
    if (word !== undefined) tokens.push({ kind: "word", text: word, line, column });
    else if (number !== undefined) tokens.push({ kind: "number", text: number, line, column });
    else if (string !== undefined) tokens.push({ kind: "string", text: unescapeString(string), line, column });
    else if (symbol !== undefined) tokens.push({ kind: "symbol", text: symbol, line, column });
    for (let at = source.indexOf("\n", start); at >= 0 && at < TOKEN.lastIndex; at = source.indexOf("\n", at + 1)) {
      line++;
      lineStart = at + 1;
    }
  }
  tokens.push({ kind: "end", text: "the end of the file", line, column: source.length - lineStart + 1 });
  return tokens;
}

const TOKEN = new RegExp(
  [
    /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\//,
    /(?<word>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)/,
    /(?<number>0[xX][\da-fA-F]+|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)/,
    /(?<string>"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*')/,
    /(?<symbol>[{}[\]()<>=;,.:\-+/])/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "uy",
);

function unescapeString(quoted: string): string {
  return quoted
    .slice(1, -1)
    .replace(/\\(x[\da-fA-F]{1,2}|[0-7]{1,3}|.)/gsu, (_all, code: string) =>
      code.startsWith("x")
        ? String.fromCharCode(Number.parseInt(code.slice(1), 16))
        : /^[0-7]/.test(code)
          ? String.fromCharCode(Number.parseInt(code, 8))
          : (ESCAPES[code] ?? code),
    );
}

const ESCAPES: Record<string, string> = { n: "\n", r: "\r", t: "\t", a: "\x07", b: "\b", f: "\f", v: "\v" };
