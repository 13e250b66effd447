/**
 * The lint rule of the protocols' rows: what an exchange is, nothing asks but the folders of the protocols, through whose rows everything
 * else goes (docs/adding-a-protocol.md). It finds
 *
 * - `.kind` of what is declared as an exchange, or called one, and `{ kind }` taken out of one;
 * - `'kind' in …`, and `in` with the name of a part that only some kinds have;
 * - comparisons of a `kind` with a kind of exchange, and of a `protocol` with a protocol that exchanges have.
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
  ["src/wire/gob/compile.ts", /\bschema\.kind\b/],
  ["src/source/proxy/tls/choose-alpn.ts", /\bcluster\.filter\(\(protocol\)/],
];

const EXCHANGE_TYPE = String.raw`(?:\w+)?Exchange(?:Base)?`;
const KIND = `["'](?:${KINDS.join("|")})["']`;

const PATTERNS: readonly RegExp[] = [
  // ({ kind, … }: Exchange), const { kind } = exchange
  new RegExp(String.raw`\{[^{}]*\bkind\b[^{}]*\}\s*:\s*(?:readonly\s+)?${EXCHANGE_TYPE}\b`),
  /\{[^{}=]*\bkind\b[^{}]*\}\s*=\s*\w*[eE]xchange\b/,
  /\bexchange:\s*\(\{[^{}]*\bkind\b/,
  /["']kind["']\s+in\b/,
  /["'](?:request|response|client|server|streamId)["']\s+in\s+\w*[eE]xchange\b/,
  new RegExp(String.raw`\bkind\b[!?]?\s*[!=]==?\s*${KIND}|${KIND}\s*[!=]==?\s*[\w.?!]*\bkind\b`),
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
  const patterns = [...PATTERNS, ...namesOfExchanges(source).map((name) => new RegExp(`\\b${name}[!?]?\\.kind\\b`))];
  return source
    .split("\n")
    .map((text, i) => ({ line: i + 1, text }))
    .filter(
      ({ text }) => !/^\s*(?:\/?\*|\/\/)/.test(text) && (patterns.some((one) => one.test(text)) || asksProtocol(text)),
    );
}

/** Names that the file declares as exchanges, and names that are exchanges wherever they come from. */
function namesOfExchanges(source: string): string[] {
  const declared = [
    ...source.matchAll(new RegExp(String.raw`(#?\b\w+)\??\s*:\s*(?:readonly\s+)?${EXCHANGE_TYPE}\b(?!\w|\[|\()`, "g")),
  ];
  return [...new Set(["\\w*[eE]xchange", "presented", ...declared.map(([, name]) => name!.replace("#", ""))])];
}

/** A `protocol` that is compared with one of those that exchanges have, in any way. */
function asksProtocol(text: string): boolean {
  const compared = [
    ...text.matchAll(/\bprotocol\b[!?]?\s*[!=]==?\s*["']([^"']+)["']/g),
    ...text.matchAll(/["']([^"']+)["']\s*[!=]==?\s*[\w.?!]*\bprotocol\b/g),
    ...text.matchAll(/\bprotocol\b[!?]?\??\.(?:startsWith|endsWith|includes)\(\s*["']([^"']+)["']/g),
  ];
  if (/\/\.test\(\s*[\w.?!]*\bprotocol\s*\)/.test(text)) return true;
  return compared.some(([, word]) => isExchangeProtocol(word!));
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
