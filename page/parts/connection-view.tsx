import { useState } from "preact/hooks";
import type { ExchangeDocument, ListItem } from "../source/data-source.ts";
import { go, isUtc, source } from "../state/app-state.ts";
import { formatDuration, formatTime, showText, UNKNOWN } from "../text/format.ts";
import { bytesOf, type Fields, isFields, listOf, numberOf, objectOf, textOf } from "./document-fields.ts";
import { useAsked } from "./use-asked.ts";

/** Exchanges of a connection that are listed, and that are shown as one text. */
const MAX_LISTED = 500;
const MAX_FOLLOWED = 50;

/** Everything on the same connection, the first first. */
export function ConnectionView({ item, connection }: { item: ListItem; connection: Fields }) {
  const [isFollowed, setFollowed] = useState(false);
  const { answer, problem } = useAsked(`${source.value.name} ${item.connection}`, (signal) =>
    source.value.list({ connection: item.connection, limit: MAX_LISTED, order: "oldest" }, signal),
  );
  const others = answer?.items ?? [];
  return (
    <>
      <ConnectionFacts of={connection} />
      <table class="facts">
        <caption>On this connection{answer?.cursor === undefined ? "" : `, the first ${MAX_LISTED}`}</caption>
        <tbody>
          {others.map((other) => (
            <tr key={other.id}>
              <td class="figure">{formatTime(other.time, isUtc.value, 6)}</td>
              <th scope="row">
                <button
                  type="button"
                  class="link"
                  aria-current={other.id === item.id}
                  onClick={() => go({ selected: other.id })}
                >
                  {showText(other.operation ?? other.protocol)}
                </button>
              </th>
              <td>{showText(other.status ?? other.reason ?? UNKNOWN)}</td>
              <td class="figure">{formatDuration(other.duration)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {problem !== undefined && <p class="wrong">{problem}</p>}
      {others.length > 0 && !isFollowed && (
        <button type="button" onClick={() => setFollowed(true)}>
          Follow as text
        </button>
      )}
      {isFollowed && <Followed items={others} />}
    </>
  );
}

/** What both ends said, as one text. */
function Followed({ items }: { items: readonly ListItem[] }) {
  const shown = items.slice(0, MAX_FOLLOWED);
  const { answer, problem } = useAsked(shown.map(({ id }) => id).join(), (signal) =>
    Promise.all(shown.map(({ id }) => source.value.find(id, signal))),
  );
  if (problem !== undefined) return <p class="wrong">{problem}</p>;
  if (answer === undefined) return <div class="skeleton" />;
  return (
    <div class="followed" role="region" aria-label="The connection as text">
      {answer.some((one) => one?.hidden === true) && <p class="note">The role admin may see bodies.</p>}
      {answer.flatMap((one) =>
        one === undefined
          ? []
          : (["request", "response"] as const).map((side) => {
              const text = messageText(one.document, side);
              return text === "" ? null : (
                <pre key={`${one.item.id} ${side}`} class={side === "request" ? "client" : "server"}>
                  {showText(text)}
                </pre>
              );
            }),
      )}
      {items.length > MAX_FOLLOWED && <p class="note">{items.length - MAX_FOLLOWED} more exchanges</p>}
    </div>
  );
}

const MAX_TEXT = 20_000;

function messageText(document: ExchangeDocument, side: "request" | "response"): string {
  const message = objectOf(document, side);
  if (Object.keys(message).length === 0) return "";
  const version = textOf(document, "protocol") ?? "";
  const status = numberOf(message, "status");
  const method = textOf(message, "method");
  const start =
    method !== undefined
      ? `${method} ${textOf(message, "target") ?? ""} ${version}`
      : status !== undefined
        ? `${version} ${status} ${textOf(message, "reason") ?? ""}`
        : undefined;
  if (start === undefined) return JSON.stringify(message, undefined, 1).slice(0, MAX_TEXT);
  const headers = listOf(message, "headers")
    .filter(isFields)
    .map((header) => `${textOf(header, "name") ?? ""}: ${textOf(header, "value") ?? ""}`);
  const body = bytesOf(objectOf(message, "body")) ?? new Uint8Array(0);
  const text = new TextDecoder().decode(body.subarray(0, MAX_TEXT));
  const cut = body.length > MAX_TEXT ? `\n… ${body.length - MAX_TEXT} bytes more` : "";
  return `${[start, ...headers].join("\n")}\n\n${text}${cut}`;
}

/** Facts that are objects stand as `name.part`. */
function ConnectionFacts({ of }: { of: Fields }) {
  return (
    <table class="facts">
      <tbody>
        {flatten(of).map(([name, value]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{showText(value)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function flatten(of: Fields, before = ""): [name: string, value: string][] {
  return Object.entries(of).flatMap(([name, value]): [string, string][] => {
    if (!isFields(value)) return [[before + name, Array.isArray(value) ? value.join(", ") : String(value)]];
    const address = textOf(value, "address");
    const rest = Object.keys(value).length;
    if (address !== undefined && rest <= 2) {
      const port = numberOf(value, "port");
      return [
        [before + name, port === undefined ? address : `${address}${address.includes(":") ? " port " : ":"}${port}`],
      ];
    }
    return flatten(value, `${before}${name}.`);
  });
}
