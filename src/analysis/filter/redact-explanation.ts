import type { Header } from "../../model/index.ts";
import type { Explanation } from "./explain.ts";

/** The part of a redactor that is needed here: texts, and values of fields whose names say that they are secret. */
export interface ExplanationRedactor {
  text(text: string): string;
  headers(headers: readonly Header[]): readonly Header[];
}

/**
 * An explanation without the secrets that the filter itself has: whoever looks for `authorization == 'Bearer …'` does not want to
 * show it. The conditions go on being filters.
 */
export function redactExplanation(explanation: Explanation, redactor: ExplanationRedactor): Explanation {
  return {
    ...explanation,
    text: redactor.text(redactComparisons(explanation.text, redactor)),
    conditions: explanation.conditions.map((condition) => redactExplanation(condition, redactor)),
  };
}

/** A text that is compared with a field: what the field's name says counts for it. */
function redactComparisons(text: string, redactor: ExplanationRedactor): string {
  return text.replace(
    COMPARISON,
    (written, quotedName: string | undefined, plainName: string | undefined, quote: string, value: string) => {
      const name = quotedName ?? plainName!;
      const shown = redactor.headers([{ name, value }])[0]?.value;
      if (shown === undefined || shown === value) return written;
      return `${written.slice(0, written.length - value.length - 1)}${shown.replaceAll(/['"\\]/g, "")}${quote}`;
    },
  );
}

const COMPARISON =
  /(?:\[\s*['"]([\w-]+)['"]\s*\]|\.([\w-]+))\s*(?:==|!=|in|\.\w+\()\s*\[?\s*(['"])((?:\\.|(?!\3)[^\\\n])*)\3/g;
