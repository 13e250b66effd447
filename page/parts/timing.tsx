import type { ExchangeDocument } from "../source/data-source.ts";
import { formatDuration, UNKNOWN } from "../text/format.ts";
import { objectOf, textOf } from "./document-fields.ts";

const PHASES = [
  ["connect", "connectStart", "connectEnd"],
  ["TLS", "tlsStart", "tlsEnd"],
  ["request", "requestStart", "requestEnd"],
  ["wait", "requestEnd", "responseStart"],
  ["response", "responseStart", "responseEnd"],
] as const;

/** Where the time went. */
export function Timing({ document: shown, isShort = false }: { document: ExchangeDocument; isShort?: boolean }) {
  const times = objectOf(shown, "times");
  const nanosAt = (name: string): bigint | undefined => nanosOf(textOf(times, name));
  const known = PHASES.flatMap(([, start, end]) => [nanosAt(start), nanosAt(end)]).filter((one) => one !== undefined);
  if (known.length === 0) return <p class="note">Times are not known.</p>;
  const first = known.reduce((least, one) => (one < least ? one : least));
  const last = known.reduce((most, one) => (one > most ? one : most));
  const span = Number(last - first) || 1;
  return (
    <table class={`timing ${isShort ? "short" : ""}`}>
      <caption>Where the time went</caption>
      <tbody>
        {PHASES.map(([label, from, to]) => {
          const [start, end] = [nanosAt(from), nanosAt(to)];
          const isKnown = start !== undefined && end !== undefined && end >= start;
          if (isShort && !isKnown) return null;
          return (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td class="figure">{isKnown ? formatDuration(Number(end - start)) : UNKNOWN}</td>
              <td class="track">
                {isKnown && (
                  <span
                    class={`span ${label}`}
                    style={{
                      marginInlineStart: `${(100 * Number(start - first)) / span}%`,
                      width: `${Math.max(0.5, (100 * Number(end - start)) / span)}%`,
                    }}
                  />
                )}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** RFC 3339 to the nanosecond. */
function nanosOf(text: string | undefined): bigint | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text ?? "");
  if (match === null) return undefined;
  return BigInt(Date.parse(`${match[1]}Z`)) * 1_000_000n + BigInt((match[2] ?? "").padEnd(9, "0"));
}
