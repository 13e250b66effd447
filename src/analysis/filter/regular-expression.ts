import { RE2JS } from "@bufbuild/re2";
import { filterLimits, spendSteps } from "./budget.ts";
import { toNativePattern } from "./native-pattern.ts";
import { estimateProgram } from "./program-size.ts";

/**
 * A regular expression in RE2's syntax (https://github.com/google/re2/wiki/Syntax: no backreferences, no look-around),
 * matched in time linear in the text whatever the pattern. Compiling costs some 10 µs: do it once.
 */
export interface RegularExpression {
  /** Whether the pattern is found anywhere in the text: CEL's `matches`. */
  found(text: string): boolean;
  /** Whether the pattern is the whole text: Envoy's `safe_regex`. */
  isWhole(text: string): boolean;
  /** Pays for matching a text of this length within an evaluation. */
  spend(length: number): void;
}

/** Characters of a pattern. */
const MAX_PATTERN_LENGTH = 1024;

/**
 * @param maxProgram how many instructions its program may have
 * @throws Error whose message says what is wrong with the pattern.
 */
export function compileRegularExpression(pattern: string, maxProgram = filterLimits().maxProgram): RegularExpression {
  if (pattern.length > MAX_PATTERN_LENGTH)
    throw new Error(`a pattern of ${pattern.length} characters, at most ${MAX_PATTERN_LENGTH} are taken`);
  const size = estimateProgram(pattern);
  if (size > maxProgram)
    throw new Error(`a pattern whose program has some ${size} instructions, at most ${maxProgram} are taken`);
  const compiled = RE2JS.compile(pattern);
  const native = toNativePattern(pattern);
  const search = native === undefined ? undefined : new RegExp(native, "u");
  return {
    found: search === undefined ? (text) => compiled.test(text) : (text) => search.test(text),
    isWhole: (text) => compiled.testExact(text),
    spend: (length) => spendSteps(length / 32 + (length * size) / 1000),
  };
}

/** `*` stands for any characters (none too), everything else for itself; case counts. Time is linear in text × stars. */
export function compileGlob(pattern: string): (text: string) => boolean {
  const parts = pattern.split("*");
  const first = parts[0]!;
  const last = parts[parts.length - 1]!;
  if (parts.length === 1) return (text) => text === pattern;
  const middle = parts.slice(1, -1).filter((part) => part !== "");
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
    const end = text.length - last.length;
    let at = first.length;
    for (const part of middle) {
      at = text.indexOf(part, at);
      if (at < 0 || at + part.length > end) return false;
      at += part.length;
    }
    return true;
  };
}
