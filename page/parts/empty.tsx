import { useState } from "preact/hooks";
import { AbsentSource } from "../source/absent-source.ts";
import type { Listener } from "../source/data-source.ts";
import { go, losses, me, source, url } from "../state/app-state.ts";
import { copyText } from "../state/copy-text.ts";
import { DEFAULTS } from "../state/url-state.ts";
import { showText } from "../text/format.ts";
import { openFile } from "./open-file.tsx";

/** Nothing is there: what to run. */
export function EmptyList() {
  const { filter, range, file } = url.value;
  if (source.value instanceof AbsentSource)
    return (
      <div class="empty">
        <p>{showText(file ?? "")} was read in another page, and is not in this one.</p>
        <button type="button" onClick={openFile}>
          Open it
        </button>
      </div>
    );
  if (filter !== "" || range !== DEFAULTS.range || source.value.kind === "file" || me.value?.isReadOnly === true)
    return (
      <div class="empty">
        <p>Nothing matches{range === "all" ? "" : " in this range"}.</p>
        {filter !== "" && (
          <button type="button" onClick={() => go({ filter: "" })}>
            Clear the filter
          </button>
        )}
        {range !== "all" && <LookAtAll />}
      </div>
    );
  const listeners = losses.value?.listeners ?? [];
  return (
    <div class="empty">
      <p>Nothing has come in the last 15 minutes.{listeners.length > 0 && " Send something:"}</p>
      {listeners.map(({ kind, url: listener }) => (
        <Listening key={listener} kind={kind} url={listener} />
      ))}
      <p>
        {listeners.length > 0 ? "or drop" : "Drop"} a capture or trace onto this page: it is read in this page only.
      </p>
      <LookAtAll />
    </div>
  );
}

function LookAtAll() {
  return (
    <button type="button" onClick={() => go({ range: "all" })}>
      Look at all that is kept
    </button>
  );
}

/** What can be sent to a listener. */
function Listening({ kind, url: listener }: Listener) {
  if (kind === "proxy") return <Command text={`curl -i ${listener}/`} what={`passes the proxy on ${listener}`} />;
  if (kind === "ingest")
    return (
      <Command
        text={`curl -d @report.json ${listener}/publish`}
        what={`what trace exporters send: it listens on ${listener}`}
      />
    );
  return (
    <>
      <Command text={`tapline read FILE --send ${listener}`} what={`a capture or trace: it listens on ${listener}`} />
      <Command text={`tapline proxy -c envoy.yaml --send ${listener}`} what="what passes a proxy" />
    </>
  );
}

function Command({ text, what }: { text: string; what: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <p class="command">
      <code>{text}</code>
      <button
        type="button"
        onClick={() => {
          void copyText(text).then(
            () => setCopied(true),
            () => {},
          );
        }}
      >
        {copied ? "Copied" : "Copy"}
      </button>
      <small>{what}</small>
    </p>
  );
}
