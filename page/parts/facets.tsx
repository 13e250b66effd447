import { FACETS, facets, narrow } from "../state/app-state.ts";
import { formatCount, showText } from "../text/format.ts";

const LABELS: Readonly<Record<string, string>> = {
  "service.name": "service",
  "response.code": "status",
  "request.method": "method",
  "peer.name": "client",
};

/** The most frequent values: a click asks for one, with Alt it is left out. */
export function Facets() {
  const answer = facets.value;
  return (
    <nav class="facets" aria-label="Facets">
      {FACETS.map((name) => {
        const values = answer?.facets[name] ?? [];
        const most = Math.max(1, ...values.map(({ count }) => count));
        if (values.length === 0) return null;
        return (
          <details key={name} open>
            <summary>{LABELS[name] ?? name}</summary>
            <ul>
              {values.map(({ value, count }) => (
                <li key={value}>
                  <button
                    type="button"
                    title={`${name} == ${showText(String(value))} (Alt: leave it out)`}
                    onClick={(event) => narrow(`${name} == ${JSON.stringify(value)}`, event.altKey)}
                  >
                    <span class="value">{value === "" ? "‹empty›" : showText(String(value))}</span>
                    <span class="count">{formatCount(count)}</span>
                    <span class="bar" aria-hidden="true" style={{ width: `${(100 * count) / most}%` }} />
                  </button>
                </li>
              ))}
            </ul>
          </details>
        );
      })}
      {answer?.isComplete === false && <p class="note">of the newest {formatCount(answer.scanned)}</p>}
    </nav>
  );
}
