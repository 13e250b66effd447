import { FilterFault } from "../filter-error.ts";
import type { Node } from "./node.ts";

/**
 * `port 80 or 443`: what has no keyword of its own has the one before it, as in tcpdump. Gives the operand that stands there, where it is one of
 * the keyword's.
 * @param kind what joins the two
 * @throws FilterFault where it may be a condition of its own, too
 */
export function readBareOperand(
  text: string,
  at: number,
  keyword: string,
  kind: "and" | "or" | undefined,
): string | undefined {
  CONTINUED.lastIndex = at;
  const written = CONTINUED.exec(text)?.[0];
  if (written === undefined || /port$/i.test(keyword) !== /^[\d-]+$/.test(written)) return undefined;
  if (kind === "and")
    throw new FilterFault(
      `${written} may be a status or belong to ${keyword}`,
      at,
      at + written.length,
      /port$/i.test(keyword)
        ? `write response.code == ${written}, or ${keyword} ${written}`
        : `write ${keyword} ${written}`,
    );
  return written;
}

/** Operands that may stand without a keyword, up to the end of the condition. */
const CONTINUED =
  /(?:\d{1,5}(?:-\d{1,5})?(?![\w.:])|\d+(?:\.\d+){3}(?:\/\d+)?|[\da-f]*:[\da-f:.]*:[\da-f:.]*(?:\/\d+)?)(?=\s*(?:$|\)|&&|\|\||\/\/)|\s+(?:and|or)\b)/iy;

/** The `src port` of what was written last. */
export function keywordOf(node: Node, text: string): string | undefined {
  if (node.kind === "and" || node.kind === "or")
    return text[node.start] === "(" ? undefined : keywordOf(node.parts.at(-1)!, text);
  if (node.kind === "not") return keywordOf(node.operand, text);
  if (node.kind !== "short") return undefined;
  return node.keyword ?? /^(?:(?:src|dst)\s+)?(?:host|net|port)(?=\s)/i.exec(text.slice(node.start, node.end))?.[0];
}
