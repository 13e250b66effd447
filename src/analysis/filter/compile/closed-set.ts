import { plainSpelling } from "../../../wire/text/plain-spelling.ts";
import { suggestName } from "../../../wire/text/suggest-name.ts";
import { FilterFault } from "../filter-error.ts";
import type { Compiled } from "./compiled.ts";

/** A text that an attribute can never be is refused: it would never match, without a word. */
export function checkClosedSet({ values, form, label }: Compiled, other: Compiled): void {
  if (values === undefined && form === undefined) return;
  const texts = Array.isArray(other.constant) ? other.constant : [other.constant];
  const fits = (text: string): boolean => values?.includes(text) === true || form?.test(text) === true;
  for (const text of texts) {
    if (typeof text !== "string" || fits(text)) continue;
    const near =
      values?.find((value) => plainSpelling(value) === plainSpelling(text)) ??
      [text.toUpperCase(), text.toLowerCase(), text.replace(/^http\/([23])(?:\.0)?$/i, "h$1")].find(fits) ??
      (values && suggestName(text, values));
    throw new FilterFault(
      `${label} is never '${text.length > 40 ? `${text.slice(0, 40)}…` : text}'`,
      other.node.start,
      other.node.end,
      near !== undefined
        ? `did you mean '${near}'?`
        : values &&
            `it is one of ${values
              .slice(0, 20)
              .map((value) => `'${value}'`)
              .join(", ")}${values.length > 20 ? ", …" : ""}`,
    );
  }
}
