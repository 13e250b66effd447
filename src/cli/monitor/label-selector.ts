import { TaplineError } from "../../model/index.ts";

/**
 * The condition (CEL) for a label selector of Kubernetes on one side of a flow, as Hubble takes it: `key`, `key=value`,
 * `key in (a, b)`, `!key`, `key!=value`, `key notin (a, b)`, with or without a source (`k8s:`; `any:` is all). Commas join them,
 * and all have to hold. Where the key is not there, what says "not" holds.
 * @throws TaplineError `usage`
 */
export function labelCondition(side: string, selector: string): string {
  const parts = selector.split(/,(?![^(]*\))/).map((part) => {
    const { key, values, isNot } = readPart(part, selector);
    const [, source = "any", name = ""] = /^(?:([^:]*):)?(.*)$/.exec(key) ?? [];
    const prefix = source === "any" ? "(?:[a-z0-9-]+:)?" : `${escapePattern(source)}:`;
    const wanted = values === undefined ? "(?:=[^ ]*)?" : `=(?:${values.map(escapePattern).join("|")})`;
    // A label without a value may be written without the equals sign.
    const pattern = `(?:^| )${prefix}${escapePattern(name)}${values?.includes("") === true ? `(?:${wanted})?` : wanted}(?:$| )`;
    const test = `has(${side}.labels) && ${side}.labels.matches(${JSON.stringify(pattern)})`;
    return isNot ? `!(${test})` : `(${test})`;
  });
  return `(${parts.join(" && ")})`;
}

interface Part {
  readonly key: string;
  /** Undefined: any. */
  readonly values: readonly string[] | undefined;
  readonly isNot: boolean;
}

function readPart(part: string, selector: string): Part {
  const [, not, key, operator, value, set, list] =
    /^\s*(!?)\s*([^\s=!(),]+)\s*(?:(!=|==?)\s*([^\s=!(),]*)|\s(in|notin)\s*\(([^()]*)\))?\s*$/.exec(part) ?? [];
  if (key === undefined || (not !== "" && (operator ?? set) !== undefined))
    throw new TaplineError("usage", `--label ${selector}: ${part.trim() || "nothing"} is no label`, {
      hint: "key=value, key, key in (a, b), !key, key!=value or key notin (a, b), with commas between",
    });
  return {
    key,
    values: operator !== undefined ? [value ?? ""] : list?.split(",").map((item) => item.trim()),
    isNot: not !== "" || operator === "!=" || set === "notin",
  };
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
