import type { Compiled } from "./compiled.ts";

/**
 * A text that is compared with ASCII alone is compared as octets: making text of it changes nothing then, as no octet of
 * what is not ASCII is.
 */
export function asOctets<Text extends Compiled>(text: Text, others: readonly Compiled[]): Text {
  const { octets } = text;
  if (octets === undefined || !others.every(({ constant }) => isAscii(constant))) return text;
  return { ...text, evaluate: octets };
}

function isAscii(constant: Compiled["constant"]): boolean {
  if (Array.isArray(constant)) return constant.every(isAscii);
  return typeof constant === "string" && /^[\x00-\x7f]*$/.test(constant);
}
