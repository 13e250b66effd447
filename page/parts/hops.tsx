import type { ListItem } from "../source/data-source.ts";
import { go, source } from "../state/app-state.ts";
import { formatDuration, showText, UNKNOWN } from "../text/format.ts";
import { useAsked } from "./use-asked.ts";

const MAX_SHOWN = 100;

/** All that was seen of the request's trace, on one time line: each hop opens it. */
export function Hops({ item }: { item: ListItem }) {
  const { traceId } = item;
  const { answer } = useAsked(`${source.value.name} ${traceId}`, async (signal) =>
    traceId === undefined ? undefined : source.value.hops(traceId, signal),
  );
  const hops = answer?.items ?? [];
  if (hops.length < 2) return null;
  const first = Math.min(...hops.map(({ time }) => time));
  const last = Math.max(...hops.map(({ time, duration = 0 }) => time + duration / 1000));
  const span = Math.max(1, last - first);
  return (
    <table class="timing hops">
      <caption>
        The {hops.length} hops of this trace{hops.length > MAX_SHOWN ? `, the first ${MAX_SHOWN}` : ""}
      </caption>
      <tbody>
        {hops.slice(0, MAX_SHOWN).map((hop) => (
          <tr key={hop.id}>
            <th scope="row">
              {hop.id === item.id ? (
                <b>{nameOf(hop)}</b>
              ) : (
                <button type="button" class="link" onClick={() => go({ selected: hop.id })}>
                  {nameOf(hop)}
                </button>
              )}
            </th>
            <td class="figure">{formatDuration(hop.duration)}</td>
            <td class="track">
              <span
                class={`span ${hop.outcome ?? "ok"}`}
                style={{
                  marginInlineStart: `${(100 * (hop.time - first)) / span}%`,
                  width: `${Math.max(0.5, (hop.duration ?? 0) / 10 / span)}%`,
                }}
              />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function nameOf({ peer, client, service, operation, isCounted }: ListItem): string {
  const ends = `${peer ?? client ?? UNKNOWN} → ${service ?? UNKNOWN}`;
  return showText(`${ends} ${operation ?? ""}${isCounted ? "" : " (another view of it counts)"}`);
}
