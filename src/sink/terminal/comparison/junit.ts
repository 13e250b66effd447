import { tablesOf } from "./difference-rows.ts";
import type { ComparisonOutputOptions } from "./options.ts";

/** For build servers: a test case for each group that was compared and each kind of difference, those that differ failed. */
export function renderJunit({ findings, names }: ComparisonOutputOptions): string {
  const tables = tablesOf(findings.differences);
  const failed = tables.flatMap(({ title, rows }) =>
    rows.map(
      ({ subject, a, b, change, chance }) =>
        `    <testcase classname="${xml(title)}" name="${xml(subject)}">\n` +
        `      <failure message="${xml(`${a} → ${b} (${change})`)}">${xml(`A: ${a}\nB: ${b}\nchange: ${change}\nby chance: ${chance}`)}</failure>\n` +
        "    </testcase>",
    ),
  );
  const differing = new Set(findings.differences.map(({ key }) => key.join("\n")));
  const passed = findings.compared
    .filter((key) => !differing.has(key.join("\n")))
    .map((key) => `    <testcase classname="no difference" name="${xml(key.join("  "))}"/>`);
  const counts = `tests="${failed.length + passed.length}" failures="${failed.length}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="tapline diff" ${counts}>`,
    `  <testsuite name="${xml(`${names.a} → ${names.b}`)}" ${counts}>`,
    ...failed,
    ...passed,
    "  </testsuite>",
    "</testsuites>",
    "",
  ].join("\n");
}

/** XML 1.0 has no place for most control characters, nor for lone surrogates. */
function xml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, "\ufffd")
    .replace(/[&<>"\n]/g, (character) => ESCAPES[character]!);
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\n": "&#10;",
};
