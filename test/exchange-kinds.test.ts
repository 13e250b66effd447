import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const SCRIPT = join(import.meta.dirname, "../scripts/check-exchange-kinds.ts");

/** The lint rule's verdict on a project with these files. */
function check(files: Readonly<Record<string, string>>): { status: number | null; told: string } {
  const { path: folder, remove } = makeTemporaryFolder();
  mkdirSync(join(folder, "src"));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  const { status, stderr } = spawnSync(process.execPath, [SCRIPT, folder], { encoding: "utf8" });
  remove();
  return { status, told: stderr };
}

const QUESTIONS = [
  "export const f = (exchange: Exchange) => exchange.kind;",
  "export const f = ({ id, kind }: Exchange) => `${id} ${kind}`;",
  "export function f(one: HttpExchange) {\n  return one.kind;\n}",
  "const { kind } = exchange;",
  "readonly #last: OpaqueExchange; f() { return this.#last.kind; }",
  "if (shown.kind === 'http') return;",
  'if ("opaque" !== shown?.kind) return;',
  "if ('kind' in thing) return;",
  "if ('request' in exchange) return;",
  "if (protocol === 'h2') return;",
  'if (exchange.protocol === "http/1.1") return;',
  'if (exchange.protocol.startsWith("http")) return;',
  "if (/^h/.test(exchange.protocol)) return;",
  "const get = { exchange: ({ kind }) => kind };",
  "const {\n  kind,\n} = exchange;",
  "const { kind: what = 'none' } = exchange;",
  "switch (exchange['kind']) {}",
  "switch (x['kind']) {\n  case 'a':\n  case 'redis':\n}",
  "switch (shown?.kind) { default: case 'http': }",
  "return exchange?.kind ?? '';",
  "return this.#exchange!.kind;",
  "return exchange?.['kind'];",
  "function kindOf(one: Exchange): string {\n  return one.kind;\n}",
  "const kindOf = (one: Exchange | undefined) => one?.kind;",
  "exchanges.map(({ kind }) => kind);",
  "seen.exchanges.filter((one) => one.kind.length > 4);",
  "const f = (list: readonly Exchange[]) => list.some((one) => one.kind);",
  "for (const { kind, id } of exchanges) use(kind, id);",
  "for (const one of exchanges) use(one.kind);",
  "use(exchanges[0]!.kind, exchanges.at(-1)?.kind);",
  "const first = exchanges[0]!;\nuse(first.kind);",
  "const own = exchange;\nuse(own.kind);",
  "if (['http', 'dns'].includes(one.kind)) return;",
  "if (new Set(['http', 'opaque']).has(one.kind)) return;",
  "use(Reflect.get(exchange, 'kind'));",
  "if (exchange.protocol !== OLD) return;",
  "const f = (one: Exchange) => {\n  const spoken = one.protocol;\n  return spoken == OLD;\n};",
  "if (exchange.protocol.slice(0, 4) === 'http') return;",
  "if (exchange.protocol[0] === 'h') return;",
  "use((exchange as { kind: string }).kind);",
  "if (Object.hasOwn(exchange, 'request')) return;",
  "if (OLD !== exchange?.protocol) return;",
  "if (protocol !== 'resp3') return;",
  "if (['h2', 'h2c'].includes(protocol)) return;",
  "if (SECURE.includes(exchange.protocol)) return;",
  "if (SECURE.has(exchange.protocol)) return;",
  "switch (exchange.protocol) {}",
  "switch (one.protocol) {\n  case 'h2':\n}",
  "if (exchange.protocol.match(/2/)) return;",
  "function f(one: Exchange) {\n  return one.protocol.includes(x);\n}",
];

test("a line outside of the protocols' folders that asks for an exchange's kind fails lint", () => {
  const files = Object.fromEntries(QUESTIONS.map((line, i) => [`src/sink/planted-${i}.ts`, `${line}\n`]));
  const { status, told } = check(files);
  assert.equal(status, 1);
  for (const file of Object.keys(files)) assert.ok(told.includes(`${file}:`), `${files[file]}\n${told}`);
});

test("inside of them, in tests, in comments, and of other things that have a kind, it does not", () => {
  const { status, told } = check({
    "src/analysis/http/row.ts": QUESTIONS.join("\n"),
    "src/analysis/protocols/table.ts": QUESTIONS.join("\n"),
    "src/sink/x.test.ts": QUESTIONS.join("\n"),
    "src/sink/x.ts": [
      "// exchange.kind is the row's to ask",
      "export const f = (event: SocketEvent) => event.kind === 'data';",
      "const isIp = endpoint.kind === 'ip';",
      "const name = rowOf(exchange).operation(exchange);",
      "if (address.protocol === 'UDP') return;",
      "if (target.protocol !== 'https:') return;",
      "/* exchange.kind */ const shown = [exchange.protocol, exchange.id];",
      "switch (piece.kind) {\n  case 'text':\n}",
      "const { kind } = event;",
      "exchanges.map(({ id }) => id);",
      "if (['tcp', 'udp'].includes(protocol)) return;",
      "for (const piece of pieces) use(piece.kind);",
    ].join("\n"),
  });
  assert.equal(status, 0, told);
});
