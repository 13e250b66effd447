import { showText, UNKNOWN } from "../text/format.ts";
import { HEADER_NOTES } from "../text/header-notes.ts";
import { AddButton } from "./add-button.tsx";
import { type Fields, textOf } from "./document-fields.ts";
import { MarkedText } from "./marked-text.tsx";

const MAX_SHOWN = 500;

/** Headers, each with what it means; any value can be asked for. */
export function HeaderTable({
  title,
  headers,
  part,
}: {
  title: string;
  headers: readonly Fields[];
  /** The attribute that has them: `request.headers`. */
  part: string;
}) {
  return (
    <table class="headers">
      <caption>{title}</caption>
      <tbody>
        {headers.slice(0, MAX_SHOWN).map((header, index) => {
          const name = textOf(header, "name");
          const value = textOf(header, "value");
          const of = name === undefined ? undefined : `${part}[${JSON.stringify(name.toLowerCase())}]`;
          const note = HEADER_NOTES[name?.toLowerCase() ?? ""];
          return (
            <tr key={index}>
              <th scope="row">
                {note === undefined ? (
                  showText(name ?? UNKNOWN)
                ) : (
                  <abbr tabIndex={0} data-note={noteOf(note)} aria-description={noteOf(note)}>
                    {showText(name!)}
                  </abbr>
                )}
              </th>
              <td>
                {value === undefined ? UNKNOWN : <MarkedText text={value} of={of} />}
                {of !== undefined && value !== undefined && (
                  <AddButton name={showText(name!)} condition={`${of} == ${JSON.stringify(value)}`} />
                )}
              </td>
            </tr>
          );
        })}
      </tbody>
      {headers.length > MAX_SHOWN && (
        <tfoot>
          <tr>
            <td colSpan={2}>{headers.length - MAX_SHOWN} more</td>
          </tr>
        </tfoot>
      )}
    </table>
  );
}

function noteOf([meaning, written]: readonly [meaning: string, written: string]): string {
  return `${meaning} (${written})`;
}

/** A name with its value; `condition` asks for those that have the same, `of` is the text that both are in. */
export interface Pair {
  readonly name: string;
  readonly value: string;
  readonly condition?: string;
  readonly of?: string;
}

export function PairTable({ title, pairs }: { title: string; pairs: readonly Pair[] }) {
  return (
    <table class="headers">
      <caption>{title}</caption>
      <tbody>
        {pairs.slice(0, MAX_SHOWN).map(({ name, value, condition, of }, index) => (
          <tr key={index}>
            <th scope="row">{showText(name)}</th>
            <td>
              {value === "" ? <i class="unknown">‹empty›</i> : <MarkedText text={value} of={of} />}
              {condition !== undefined && <AddButton name={showText(name)} condition={condition} />}
            </td>
          </tr>
        ))}
      </tbody>
      {pairs.length > MAX_SHOWN && (
        <tfoot>
          <tr>
            <td colSpan={2}>{pairs.length - MAX_SHOWN} more</td>
          </tr>
        </tfoot>
      )}
    </table>
  );
}
