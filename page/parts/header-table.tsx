import { narrow } from "../state/app-state.ts";
import { showText, UNKNOWN } from "../text/format.ts";
import { HEADER_NOTES } from "../text/header-notes.ts";
import { type Fields, textOf } from "./document-fields.ts";

const MAX_SHOWN = 500;

/** Headers, each with what it means; any value can be asked for. */
export function HeaderTable({
  title,
  headers,
  side,
}: {
  title: string;
  headers: readonly Fields[];
  side: "request" | "response";
}) {
  return (
    <table class="headers">
      <caption>{title}</caption>
      <tbody>
        {headers.slice(0, MAX_SHOWN).map((header, index) => {
          const name = textOf(header, "name");
          const value = textOf(header, "value");
          const note = HEADER_NOTES[name?.toLowerCase() ?? ""];
          return (
            <tr key={index}>
              <th scope="row">
                {note === undefined ? (
                  showText(name ?? UNKNOWN)
                ) : (
                  <abbr tabIndex={0} title={`${note[0]} (${note[1]})`}>
                    {showText(name!)}
                  </abbr>
                )}
              </th>
              <td>
                <span class={value?.includes("redacted") === true ? "redacted" : ""}>
                  {value === undefined ? UNKNOWN : showText(value)}
                </span>
                {name !== undefined && value !== undefined && (
                  <button
                    type="button"
                    class="add"
                    aria-label={`Filter by ${showText(name)}`}
                    onClick={(event) =>
                      narrow(
                        `${side}.headers[${JSON.stringify(name.toLowerCase())}] == ${JSON.stringify(value)}`,
                        event.altKey,
                      )
                    }
                  >
                    +
                  </button>
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

export function PairTable({ title, pairs }: { title: string; pairs: readonly (readonly [string, string])[] }) {
  return (
    <table class="headers">
      <caption>{title}</caption>
      <tbody>
        {pairs.slice(0, MAX_SHOWN).map(([name, value], index) => (
          <tr key={index}>
            <th scope="row">{showText(name)}</th>
            <td>{showText(value)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
