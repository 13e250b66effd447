import type { FacetValue } from "../../src/collector/store/exchange-store.ts";
import { FACET_VALUES, FACETS, facets, narrow, show } from "../state/app-state.ts";
import { formatCount, showText } from "../text/format.ts";

export const FACET_LABELS: Readonly<Record<string, string>> = {
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
            <summary>{FACET_LABELS[name] ?? name}</summary>
            <ul>
              {values.map((value) => (
                <FacetItem key={value.value} name={name} value={value} most={most} />
              ))}
            </ul>
            {values.length >= FACET_VALUES && (
              <button type="button" class="others" onClick={() => show({ attribute: name })}>
                others…
              </button>
            )}
          </details>
        );
      })}
      {answer?.isComplete === false && <p class="note">of the newest {formatCount(answer.scanned)}</p>}
    </nav>
  );
}

/** One value with its count; the bar is full for the most frequent one. */
export function FacetItem({ name, value: { value, count }, most }: { name: string; value: FacetValue; most: number }) {
  return (
    <li>
      <button
        type="button"
        title={`${name} == ${showText(String(value))} (Alt: leave it out)`}
        onClick={(event) => {
          narrow(`${name} == ${JSON.stringify(value)}`, event.altKey);
          show(undefined);
        }}
      >
        <span class="value">{value === "" ? "‹empty›" : showText(String(value))}</span>
        <span class="count">{formatCount(count)}</span>
        <span class="bar" aria-hidden="true" style={{ width: `${(100 * count) / most}%` }} />
      </button>
    </li>
  );
}
