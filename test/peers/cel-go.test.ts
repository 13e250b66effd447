import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { compileField, type FilterLimits } from "../../src/analysis/filter/index.ts";
import { buildExchange } from "../support/build-exchange.ts";
import { buildGoPeer } from "../support/go-peer.ts";
import { generateExpressions } from "./generate-cel.ts";
import { showCel, VARIABLES } from "./show-cel.ts";

/** How many, and from which seed: `CEL_COUNT`, `CEL_SEED`. */
const COUNT = Number(process.env["CEL_COUNT"] ?? 10_000);
const SEED = Number(process.env["CEL_SEED"] ?? Date.now() % 1_000_000);
const LIMITS: FilterLimits = { maxSteps: 1e9, maxMade: 1e9, maxProgram: 10_000 };

test(`${COUNT} generated filters give what cel-go gives`, async (context) => {
  const { expressions, used, never } = generateExpressions(COUNT, SEED);
  context.diagnostic(`seed ${SEED}; operators, macros and functions used: ${used.join(" ")}`);
  assert.deepEqual(never, [], "the generator covers everything that the language has");
  const theirs = await askCelGo(await buildGoPeer("cel-go", "cel-go-0.26.1"), expressions);
  const differences = expressions.flatMap((text, i) => {
    const [ours, other] = [evaluate(text), theirs[i]!];
    return ours === other.split(":")[0] || ours === other ? [] : [`${text}\n  ours ${ours}\n  cel-go ${other}`];
  });
  assert.equal(
    theirs.filter((answer) => answer.startsWith("refused")).length,
    0,
    theirs.find((one) => one.startsWith("refused")),
  );
  assert.deepEqual(differences.slice(0, 20), [], `${differences.length} differ`);
});

function evaluate(text: string): string {
  try {
    const field = compileField(text, { variables: VARIABLES, limits: LIMITS });
    const value = field.evaluate("exchange", buildExchange());
    return value === undefined ? "error" : showCel(value, field.type);
  } catch (error) {
    return `refused:${error instanceof Error ? error.message.split("\n")[0] : error}`;
  }
}

async function askCelGo(binary: string, expressions: readonly string[]): Promise<string[]> {
  const peer = spawn(binary, { stdio: ["pipe", "pipe", "inherit"] });
  let output = "";
  peer.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  peer.stdin.end(expressions.map((text) => `${JSON.stringify(text)}\n`).join(""));
  await new Promise<void>((resolve) => peer.once("close", () => resolve()));
  const lines = output.trimEnd().split("\n");
  assert.equal(lines.length, expressions.length);
  return lines.map((line) => {
    const { value, error, refused } = JSON.parse(line) as { value?: string; error?: string; refused?: string };
    return value ?? (error === undefined ? `refused:${refused}` : `error:${error}`);
  });
}
