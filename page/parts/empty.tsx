import { useState } from "preact/hooks";
import { go, source, url } from "../state/app-state.ts";

/** Nothing is there: what to run. */
export function EmptyList() {
  const { filter, range } = url.value;
  if (filter !== "" || range !== "15m" || source.value.kind === "file")
    return (
      <div class="empty">
        <p>Nothing matches{range === "all" ? "" : " in this range"}.</p>
        {filter !== "" && (
          <button type="button" onClick={() => go({ filter: "" })}>
            Clear the filter
          </button>
        )}
        {range !== "all" && (
          <button type="button" onClick={() => go({ range: "all" })}>
            Look at all that is kept
          </button>
        )}
      </div>
    );
  return (
    <div class="empty">
      <p>Nothing has come in the last 15 minutes. Send something:</p>
      <Command text="tapline up --upstream 127.0.0.1:8080" what="taps a service, and shows it here" />
      <Command
        text={`curl -d @report.json http://${location.hostname}:9000/publish`}
        what="what trace exporters send"
      />
      <p>or drop a capture or trace onto this page: it is read in this page only.</p>
      <button type="button" onClick={() => go({ range: "all" })}>
        Look at all that is kept
      </button>
    </div>
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
          void navigator.clipboard?.writeText(text).then(() => setCopied(true));
        }}
      >
        {copied ? "Copied" : "Copy"}
      </button>
      <small>{what}</small>
    </p>
  );
}
