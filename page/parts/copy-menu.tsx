import { detail, detailProblem, go, source } from "../state/app-state.ts";
import { copyText } from "../state/copy-text.ts";

const TEXTS = [
  ["curl", "Copy as curl"],
  ["httpie", "Copy as HTTPie"],
  ["replay", "Copy replay command"],
  ["har", "Copy as HAR"],
  ["ndjson", "Copy as NDJSON"],
] as const;
const FILES = [
  ["har", "HAR"],
  ["ndjson", "NDJSON"],
  ["pcapng", "pcapng"],
] as const;

/** What can be made of the exchange that is shown. */
export function CopyMenu() {
  return (
    <details class="menu">
      <summary>Copy</summary>
      <ul>
        {TEXTS.map(([program, label]) => (
          <li key={program}>
            <button type="button" onClick={chosen(() => copyAs(program))}>
              {label}
            </button>
          </li>
        ))}
        {FILES.map(([format, label]) => (
          <li key={format}>
            <button type="button" onClick={chosen(() => save(format))}>
              Save as {label}
            </button>
          </li>
        ))}
        <li>
          <button type="button" onClick={chosen(() => copyText(location.href).catch(refused))}>
            Copy link
          </button>
        </li>
        <li>
          <button type="button" onClick={chosen(findAlike)}>
            Find alike
          </button>
        </li>
      </ul>
    </details>
  );
}

/** Closes the menu, too. */
function chosen(act: () => unknown): (event: MouseEvent) => void {
  return (event) => {
    (event.currentTarget as HTMLElement).closest("details")!.open = false;
    void act();
  };
}

/** Those of the same service, method and route, as far as these are known; else of the same operation. */
function findAlike(): void {
  const { service, verb, route, operation, kind } = detail.value!.item;
  const is = (attribute: string, value: string | undefined): string[] =>
    value === undefined ? [] : [`${attribute} == ${JSON.stringify(value)}`];
  const sameRoute = kind === "http" && route !== undefined;
  const same = sameRoute
    ? [...is("request.method", verb), ...is("route", route)]
    : [...is("kind", kind), ...is("operation", operation)];
  go({ filter: [...is("service.name", service), ...same].join(" && ") });
}

async function copyAs(format: string): Promise<void> {
  try {
    const copy = await source.value.download(detail.value!.item.id, format);
    await copyText(await copy.text());
  } catch (error) {
    refused(error as Error);
  }
}

function refused(error: Error): void {
  detailProblem.value = error.message;
}

async function save(format: string): Promise<void> {
  const { id } = detail.value!.item;
  try {
    const copy = await source.value.download(id, format);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(copy);
    link.download = `exchange-${id}.${format}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  } catch (error) {
    refused(error as Error);
  }
}
