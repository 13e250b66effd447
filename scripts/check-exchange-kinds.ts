/**
 * The lint rule of the protocols' rows: what an exchange is, nothing asks but the folders of the protocols, through whose rows everything
 * else goes (docs/adding-a-protocol.md). It finds
 *
 * - `.kind` and `["kind"]` of what is declared as an exchange, is one of a list of them, or is called one, and `{ kind }` taken out of one;
 * - `'kind' in …`, and `in` with the name of a part that only some kinds have;
 * - a `kind` that is compared with a kind of exchange, and a `protocol` with a protocol that exchanges have, in any way: by `===`, in
 *   a `switch`, with a list, by a pattern.
 *
 * It reads text, not types: what is renamed twice passes.
 *
 *     node scripts/check-exchange-kinds.ts [FOLDER]     by default the project's
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { ROWS } from "../src/analysis/protocols/index.ts";

const root = resolve(process.argv[2] ?? join(import.meta.dirname, ".."));
/** Folders in which the kind is known: the rows', and that of the table. */
const ROOMS = ["src/analysis/protocols/", ...ROWS.map(({ kind }) => `src/analysis/${kind}/`)];
const KINDS = ROWS.map(({ kind }) => kind);

/** Other things that go by the same words: a schema of gob, the protocols that TLS agrees on. */
const OTHERS: readonly (readonly [file: string, line: RegExp])[] = [
  ["src/wire/gob/compile.ts", /\bschema\.kind\b|^\s+case "opaque":/],
  ["src/source/proxy/tls/choose-alpn.ts", /\bcluster\.filter\(\(protocol\)/],
];

const EXCHANGE_TYPE = String.raw`(?:\w+)?Exchange(?:Base)?`;
/** Names that are exchanges wherever they come from. */
const CALLED = String.raw`\w*[eE]xchange|presented`;
const MANY = String.raw`[\w.#]*[eE]xchanges`;
const KIND = `["'](?:${KINDS.join("|")})["']`;
/** One is handed to each of these. */
const EACH = "map|filter|find|findLast|findIndex|some|every|forEach|flatMap|toSorted|sort|groupBy";
/** Members of some kinds only. */
const PARTS = "request|response|client|server|streamId";
const TAKES_KIND = String.raw`\{[^{}=]*\bkind\b[^{}]*\}`;

const PATTERNS: readonly RegExp[] = [
  new RegExp(String.raw`\{[^{}]*\bkind\b[^{}]*\}\s*:\s*(?:readonly\s+)?${EXCHANGE_TYPE}\b`, "g"),
  new RegExp(String.raw`${TAKES_KIND}\s*=\s*(?:${CALLED})\b`, "g"),
  new RegExp(String.raw`\bexchange:\s*\(${TAKES_KIND}`, "g"),
  new RegExp(String.raw`${TAKES_KIND}\s+of\s+${MANY}\b`, "g"),
  new RegExp(String.raw`${MANY}[!?]?\??\.(?:${EACH})\(\s*(?:async\s*)?\(${TAKES_KIND}`, "g"),
  new RegExp(
    String.raw`${MANY}(?:\[[^\]]*\]|\??\.(?:at|find|findLast|pop|shift)\([^()]*\))[!?]?\??(?:\.kind\b|\[["']kind["']\])`,
    "g",
  ),
  /["']kind["']\s+in\b/g,
  /\b\w*[eE]xchange\s*,\s*["']kind["']/g,
  new RegExp(String.raw`["'](?:${PARTS})["']\s+in\s+\w*[eE]xchange\b`, "g"),
  new RegExp(String.raw`\bkind\b(?:["']\])?[!?]?\s*[!=]==?\s*${KIND}|${KIND}\s*[!=]==?\s*[\w.?!\["']*\bkind\b`, "g"),
  new RegExp(String.raw`${KIND}[^()\[\];]*\]\)?\s*\.(?:includes|indexOf|has)\(\s*[\w.?!\["']*\bkind\b`, "g"),
  new RegExp(String.raw`\bswitch\s*\([^{;]*\bkind\b[^{;]*\{[^;]*?\bcase\s+${KIND}`, "g"),
];

let found = 0;
for (const path of listSources(join(root, "src"))) {
  const file = relative(root, path);
  if (/\.test\.ts$/.test(file) || ROOMS.some((room) => file.startsWith(room))) continue;
  for (const { line, text } of findQuestions(readFileSync(path, "utf8"))) {
    if (OTHERS.some(([other, pattern]) => other === file && pattern.test(text))) continue;
    console.error(`${file}:${line}: ${text.trim()}`);
    found++;
  }
}
if (found > 0) {
  console.error(`${found} lines ask for the kind of an exchange: ask its row (rowOf in src/analysis/protocols)`);
  process.exitCode = 1;
}

function findQuestions(source: string): { line: number; text: string }[] {
  const code = source.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*/g, (comment) => comment.replace(/[^\n]/g, " "));
  const names = namesOfExchanges(code).join("|");
  const found = [...PATTERNS, new RegExp(String.raw`\b(?:${names})\b[!?]?\??(?:\.kind\b|\.?\[["']kind["']\])`, "g")]
    .concat(new RegExp(String.raw`${TAKES_KIND}\s*=\s*(?:${names})\s*[;,)]`, "g"))
    .concat(new RegExp(String.raw`\((?:${names})\s+as\b[^()]*\)[!?]?\??(?:\.kind\b|\.?\[["']kind["']\])`, "g"))
    .concat(new RegExp(String.raw`\bhasOwn\(\s*(?:${names})\s*,\s*["'](?:kind|${PARTS})["']`, "g"))
    .flatMap((pattern) => [...code.matchAll(pattern)].map((match) => match.index + match[0].length));
  const lines = source.split("\n");
  return [...new Set([...found, ...askedProtocols(code, names)].map((end) => code.slice(0, end).split("\n").length))]
    .sort((a, b) => a - b)
    .map((line) => ({ line, text: lines[line - 1]! }));
}

/** Names that the file declares as exchanges, that it takes out of several, and that are exchanges wherever they come from. */
function namesOfExchanges(code: string): string[] {
  const typed = new RegExp(String.raw`(#?\b\w+)\??\s*:\s*(?:readonly\s+)?${EXCHANGE_TYPE}\b(?!\w|\[|\()`, "g");
  const lists = new RegExp(
    String.raw`(#?\b\w+)\??\s*:\s*(?:readonly\s+)?(?:${EXCHANGE_TYPE}\[\]|(?:Readonly)?(?:Array|Set)<${EXCHANGE_TYPE}>)`,
    "g",
  );
  const many = [MANY, ...namesIn(code, lists)].join("|");
  const taken = [
    String.raw`(?:${many})[!?]?\??\.(?:${EACH})\(\s*(?:async\s*)?\(?(\w+)\)?(?:\s*,\s*\w+\))?\s*=>`,
    String.raw`\b(?:const|let)\s+(\w+)\s+of\s+(?:${many})\b`,
    String.raw`\b(?:const|let)\s+(\w+)\s*=\s*(?:${many})(?:\[[^\]]*\]|\.(?:at|find|findLast|pop|shift)\()`,
    String.raw`\b(?:const|let)\s+(\w+)\s*=\s*(?:${CALLED})\s*[;!]`,
    String.raw`\b(?:const|let)\s+\[(\w+)[^\]]*\]\s*=\s*(?:${many})\b`,
  ];
  return [
    ...new Set([CALLED, ...namesIn(code, typed), ...taken.flatMap((one) => namesIn(code, new RegExp(one, "g")))]),
  ];
}

function namesIn(code: string, pattern: RegExp): string[] {
  return [...code.matchAll(pattern)].map(([, name]) => name!.replace("#", ""));
}

/** Where a `protocol` is compared with one of those that exchanges have, or that of an exchange with anything. */
function askedProtocols(code: string, names: string): number[] {
  const asked = String.raw`\b(?:${names})[!?]?\??(?:\.protocol\b|\[["']protocol["']\])`;
  const copies = namesIn(code, new RegExp(String.raw`\b(?:const|let)\s+(\w+)\s*=\s*${asked}\s*;`, "g"));
  const ofExchange = copies.length === 0 ? asked : String.raw`(?:${asked}|\b(?:${copies.join("|")})\b)`;
  const anything = [
    String.raw`${ofExchange}[!?]?\s*[!=]==?`,
    String.raw`[!=]==?\s*${ofExchange}`,
    String.raw`\.(?:includes|indexOf|has|test|exec)\(\s*${ofExchange}`,
    String.raw`${ofExchange}[!?]?\??\.(?:startsWith|endsWith|includes|indexOf|match|search|slice|substring|at|char\w+|split)\(`,
    String.raw`${ofExchange}[!?]?(?:\?\.)?\[`,
    String.raw`\bswitch\s*\(\s*${ofExchange}`,
    String.raw`/\.test\(\s*[\w.?!]*\bprotocol\s*\)`,
  ];
  const words = [
    /\bprotocol\b(?:["']\])?[!?]?\s*[!=]==?\s*["']([^"']+)["']/g,
    /["']([^"']+)["']\s*[!=]==?\s*[\w.?!]*\bprotocol\b/g,
    /\bprotocol\b[!?]?\??\.(?:startsWith|endsWith|includes|match)\(\s*["']([^"']+)["']/g,
    /["']([^"']+)["'][^()[\];]*\]\)?\s*\.(?:includes|indexOf|has)\(\s*[\w.?!]*\bprotocol\b/g,
    /\bswitch\s*\([^{;]*\bprotocol\b[^{;]*\{[^;]*?\bcase\s+["']([^"']+)["']/g,
  ];
  return [
    ...anything.flatMap((one) => [...code.matchAll(new RegExp(one, "g"))]),
    ...words.flatMap((one) => [...code.matchAll(one)].filter(([, word]) => isExchangeProtocol(word!))),
  ].map((match) => match.index + match[0].length);
}

function isExchangeProtocol(word: string): boolean {
  return ROWS.some(
    ({ kind, protocols }) => protocols.test(word) || protocols.test(`${word}/1.1`) || kind.startsWith(word),
  );
}

function listSources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.parentPath.includes("/gen"))
    .map((entry) => join(entry.parentPath, entry.name));
}
