import { splitAtMarks } from "../../src/analysis/redaction/mark.ts";
import { narrow } from "../state/app-state.ts";
import { showText } from "../text/format.ts";

/**
 * A text in which marks of redacted secrets stand as people are shown them; each asks for all that have the same one there, with Alt for those
 * that have not.
 * @param of the expression of the filter language that gives the text; absent: marks are only shown
 */
export function MarkedText({ text, of }: { text: string; of?: string | undefined }) {
  const parts = splitAtMarks(text);
  if (parts.every(({ mark }) => mark === undefined)) return <>{showText(text)}</>;
  return (
    <>
      {parts.map(({ text: part, mark }, index) => {
        if (mark === undefined) return showText(part);
        if (of === undefined)
          return (
            <span key={index} class="redacted">
              {part}
            </span>
          );
        return (
          <button
            key={index}
            type="button"
            class="redacted"
            title="Equal marks are equal secrets: those with this one (Alt: without)"
            onClick={(event) => narrow(`${of}.contains(${JSON.stringify(mark)})`, event.altKey)}
          >
            {part}
          </button>
        );
      })}
    </>
  );
}
