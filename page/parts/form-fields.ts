import { hasPart } from "./cookies.ts";
import type { Pair } from "./header-table.tsx";

/**
 * Names and values of a query, or of a body of `application/x-www-form-urlencoded`, decoded.
 * @param of the expression of the filter language that gives the text
 */
export function formFields(text: string, of: string): readonly Pair[] {
  return text
    .split("&")
    .filter((part) => part !== "")
    .map((part) => {
      const [[name, value] = ["", ""]] = new URLSearchParams(part);
      return { name, value, of, condition: hasPart(of, part, "&") };
    });
}
