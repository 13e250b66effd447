import type { ComponentChildren } from "preact";
import { detail, detailProblem, go, isUtc, url } from "../state/app-state.ts";
import { formatBytes, formatDate, formatDuration, formatTime, showText, UNKNOWN } from "../text/format.ts";
import { AddButton } from "./add-button.tsx";
import { BodyView } from "./body-view.tsx";
import { ConnectionView } from "./connection-view.tsx";
import { ConversationView } from "./conversation-view.tsx";
import { cookiesOf } from "./cookies.ts";
import { CopyMenu } from "./copy-menu.tsx";
import { type Fields, isFields, listOf, objectOf, textOf } from "./document-fields.ts";
import { formFields } from "./form-fields.ts";
import { HeaderTable, PairTable } from "./header-table.tsx";
import { Hops } from "./hops.tsx";
import { KernelTimes } from "./kernel-times.tsx";
import { MarkedText } from "./marked-text.tsx";
import { PacketView } from "./packet-view.tsx";
import { Timing } from "./timing.tsx";

export const TABS = ["Overview", "Request", "Response", "Messages", "Timing", "Bytes", "Conn", "Raw"] as const;

/** One exchange: what went wrong first, then everything that is known. */
export function Detail() {
  const shown = detail.value;
  const tab = TABS.find((name) => name === url.value.tab) ?? "Overview";
  if (url.value.selected === undefined) return null;
  return (
    <section class="detail" aria-label="Exchange">
      <header>
        <h2>
          {shown === undefined
            ? `Exchange ${url.value.selected}`
            : showText(shown.item.operation ?? shown.item.protocol)}
        </h2>
        {shown !== undefined && (
          <span class={`status ${shown.item.outcome ?? "ok"}`}>
            {shown.item.status ?? shown.item.reason ?? UNKNOWN} · {formatDuration(shown.item.duration)}
          </span>
        )}
        {shown !== undefined && <CopyMenu />}
        <button type="button" class="close" aria-label="Close" onClick={close}>
          ×
        </button>
      </header>
      <div role="tablist" aria-label="Parts of the exchange" class="tabs">
        {TABS.map((name) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`tab-${name}`}
            aria-selected={name === tab}
            aria-controls="tab-panel"
            tabIndex={name === tab ? 0 : -1}
            onKeyDown={(event) => moveTab(event, tab)}
            onClick={() => go({ tab: name }, false)}
          >
            {name}
          </button>
        ))}
      </div>
      <div class="panel" role="tabpanel" id="tab-panel" aria-labelledby={`tab-${tab}`} tabIndex={0}>
        {detailProblem.value !== undefined && <p class="wrong">{detailProblem.value}</p>}
        {shown === undefined ? detailProblem.value === undefined && <div class="skeleton" /> : <Tab name={tab} />}
      </div>
    </section>
  );
}

export function close(): void {
  go({ selected: undefined });
}

function moveTab(event: KeyboardEvent, tab: (typeof TABS)[number]): void {
  const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
  if (step === 0) return;
  event.stopPropagation();
  const next = TABS[(TABS.indexOf(tab) + step + TABS.length) % TABS.length]!;
  go({ tab: next }, false);
  document.getElementById(`tab-${next}`)?.focus();
}

function Tab({ name }: { name: (typeof TABS)[number] }) {
  const { item, document: shown, hidden } = detail.value!;
  switch (name) {
    case "Overview":
      return <Overview />;
    case "Request":
    case "Response":
      return <Message side={name === "Request" ? "request" : "response"} />;
    case "Messages":
      return <ConversationView key={item.id} document={shown} hidden={hidden} />;
    case "Timing":
      return (
        <>
          <Timing document={shown} />
          <KernelTimes key={item.id} item={item} />
        </>
      );
    case "Bytes":
      return <PacketView key={item.id} id={item.id} />;
    case "Conn":
      return <ConnectionView key={item.id} item={item} connection={objectOf(shown, "connection")} />;
    case "Raw":
      return <pre class="raw">{showText(JSON.stringify(shown, undefined, 2))}</pre>;
  }
}

function Overview() {
  const { item, document: shown } = detail.value!;
  const problems = listOf(shown, "problems").map(String);
  const facts: [name: string, value: ComponentChildren, condition?: string | number | undefined][] = [
    [
      "Began",
      `${formatDate(item.time, isUtc.value)} ${formatTime(item.time, isUtc.value, 6)}${isUtc.value ? " UTC" : ""}`,
    ],
    ["Client", item.peer ?? item.client ?? UNKNOWN, item.peer && `peer.name == ${JSON.stringify(item.peer)}`],
    [
      "Service",
      `${item.service ?? UNKNOWN} (by ${textOf(objectOf(shown, "service"), "source") ?? "nothing"})`,
      item.service && `service.name == ${JSON.stringify(item.service)}`,
    ],
    ["From", item.client ?? UNKNOWN, item.client && `source.address == ${JSON.stringify(item.client)}`],
    ["To", item.server ?? UNKNOWN, item.server && `destination.address == ${JSON.stringify(item.server)}`],
    [
      "Outcome",
      [item.outcome, item.status, item.reason]
        .filter((one, at, all) => one !== undefined && all.indexOf(one) === at)
        .join(", "),
      item.outcome && `outcome == ${JSON.stringify(item.outcome)}`,
    ],
    ["Took", formatDuration(item.duration), item.duration && `duration >= duration("${item.duration}ns")`],
    ["Protocol", item.protocol, `protocol == ${JSON.stringify(item.protocol)}`],
    ["Route", item.route ?? UNKNOWN, item.route && `route == ${JSON.stringify(item.route)}`],
    ["Sizes", `${formatBytes(item.requestBytes)} asked, ${formatBytes(item.responseBytes)} answered`],
    ["Trace", item.traceId ?? UNKNOWN, item.traceId && `trace.id == ${JSON.stringify(item.traceId)}`],
    [
      "Quality",
      problems.length === 0 ? item.quality : `${item.quality}: ${problems.join(", ")}`,
      `quality == ${JSON.stringify(item.quality)}`,
    ],
    ["Counted", item.isCounted ? "yes" : "no: another view of the same request is"],
  ];
  return (
    <>
      <p class={`verdict ${item.outcome ?? "ok"}`}>{verdictOf()}</p>
      <Timing document={shown} isShort />
      <Hops key={item.id} item={item} />
      <table class="facts">
        <tbody>
          {facts.map(([name, value, condition]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>
                {typeof value === "string" ? <MarkedText text={value} /> : value}
                {typeof condition === "string" && condition !== "" && <AddButton name={name} condition={condition} />}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

/** Why it failed, in one line. */
function verdictOf(): string {
  const { outcome, reason, duration, ttfb, status } = detail.value!.item;
  const time =
    duration === undefined
      ? "how long it took is not known"
      : `it took ${formatDuration(duration)}${ttfb === undefined ? "" : `, ${formatDuration(ttfb)} of it until the first byte of the answer`}`;
  if (outcome === "none") return `There was no answer (${showText(reason ?? "why is not known")}); ${time}.`;
  if (outcome === "error") return `It failed with ${showText(reason ?? status ?? "an error")}; ${time}.`;
  if (outcome === "client-error") return `It was refused with ${showText(reason ?? status ?? "4xx")}; ${time}.`;
  return `It was answered${status === undefined ? "" : ` with ${status}`}; ${time}.`;
}

function Message({ side }: { side: "request" | "response" }) {
  const { document: shown, hidden } = detail.value!;
  const message = objectOf(shown, side);
  if (Object.keys(message).length === 0)
    return (
      <p class="unknown">
        {UNKNOWN}: no {side} was seen.
      </p>
    );
  const target = textOf(message, "target");
  const headers = listOf(message, "headers").filter(isFields);
  const cookies = cookiesOf(headers, side);
  const query =
    target?.includes("?") === true ? formFields(target.slice(target.indexOf("?") + 1), "request.query") : [];
  const isHttp = "headers" in message || "body" in message;
  return (
    <>
      {side === "request" && textOf(message, "method") !== undefined && (
        <p class="line">
          {showText(textOf(message, "method")!)} <MarkedText text={target ?? UNKNOWN} of="request.path" />
        </p>
      )}
      {query.length > 0 && <PairTable title="Query" pairs={query} />}
      {cookies.length > 0 && <PairTable title="Cookies" pairs={cookies} />}
      {isHttp && <HeaderTable title="Headers" headers={headers} part={`${side}.headers`} />}
      {listOf(message, "trailers").length > 0 && (
        <HeaderTable
          title="Trailers"
          headers={listOf(message, "trailers").filter(isFields)}
          part={`${side}.trailers`}
        />
      )}
      {isHttp ? (
        <BodyView body={objectOf(message, "body")} headers={headers} hidden={hidden} side={side} cut={cutBy()} />
      ) : (
        <Facts of={message} />
      )}
    </>
  );
}

/** Why a body ends before it does. */
function cutBy(): string {
  const { item, document: shown } = detail.value!;
  const problems = listOf(shown, "problems").map(String);
  if (problems.length > 0) return problems.join(", ");
  if (item.quality === "truncated" || item.quality === "complete")
    return "who saw it keeps no more of a body: --limit bodyBytes, or max_buffered_rx_bytes and max_buffered_tx_bytes of a tap";
  return `what came of it is ${item.quality}`;
}

/** Any object as a table of its fields. */
function Facts({ of }: { of: Fields }) {
  return (
    <table class="facts">
      <tbody>
        {Object.entries(of).map(([name, value]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>
              {isFields(value) || Array.isArray(value) ? (
                <pre>{showText(JSON.stringify(value, undefined, 1))}</pre>
              ) : (
                showText(String(value))
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
