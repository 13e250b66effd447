import type { Flow, ListItem } from "../source/data-source.ts";
import { source } from "../state/app-state.ts";
import { formatDuration, showText, UNKNOWN } from "../text/format.ts";
import { isFields, objectOf, textOf } from "./document-fields.ts";
import { useAsked } from "./use-asked.ts";

const LAYERS = ["l4", "l3", "l2"] as const;
/** Microseconds around an exchange in which the kernel worked for it. */
const AROUND = 1000;

/** What an agent has seen the kernel do for the exchange, with the figures of each layer. */
export function KernelTimes({ item }: { item: ListItem }) {
  const { answer = [] } = useAsked(item.id, async (signal) => {
    const to = item.time + Math.ceil((item.duration ?? 0) / 1000) + AROUND;
    return (await source.value.flows?.({ from: item.time - AROUND, to }, signal)) ?? [];
  });
  const own = answer.filter((flow) => isOf(flow, item)).toSorted((a, b) => a.time - b.time);
  if (own.length === 0) return <p class="note">No agent has told what the kernel did for it (L2 to L4).</p>;
  return (
    <table class="facts">
      <caption>In the kernel</caption>
      <thead>
        <tr>
          <th scope="col">Operation</th>
          <th scope="col">Took</th>
          {LAYERS.map((layer) => (
            <th scope="col" key={layer}>
              {layer.toUpperCase()}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {own.map(({ id, summary, document }) => {
          const attributes = objectOf(document, "attributes");
          const nanos = attributes["socket.nanos"];
          return (
            <tr key={id}>
              <th scope="row">{showText(textOf(attributes, "socket.operation") ?? summary)}</th>
              <td class="figure">{typeof nanos === "number" ? formatDuration(nanos) : UNKNOWN}</td>
              {LAYERS.map((layer) => (
                <td key={layer}>{figuresOf(attributes, layer)}</td>
              ))}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** Both ends are the same, whoever sent. */
function isOf({ document }: Flow, { client, server }: ListItem): boolean {
  const ends = [textOfEnd(document["source"]), textOfEnd(document["destination"])];
  return client !== undefined && server !== undefined && ends.includes(client) && ends.includes(server);
}

function textOfEnd(end: unknown): string | undefined {
  if (!isFields(end)) return undefined;
  const [address, port] = [textOf(end, "address"), end["port"]];
  if (address === undefined || typeof port !== "number") return address;
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

function figuresOf(attributes: Readonly<Record<string, unknown>>, layer: string): string {
  const figures = Object.entries(attributes).flatMap(([name, value]) =>
    name.startsWith(`${layer}.`) && typeof value === "number" && value > 0
      ? [`${name.slice(3)} ${/duration|time/i.test(name) ? formatDuration(value) : value}`]
      : [],
  );
  return figures.length === 0 ? "–" : figures.join(", ");
}
