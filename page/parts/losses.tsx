import { LEDGER_REASONS, NUMBERED_REASONS } from "../../src/model/ledger-reasons.ts";
import type { Sender } from "../source/data-source.ts";
import { isUtc, losses } from "../state/app-state.ts";
import { formatBytes, formatCount, formatTime, showText } from "../text/format.ts";

const ADVICE: Readonly<Record<string, string>> = {
  "store-busy": "the disk is slower than what comes: give it more --memory, or send less",
  "store-failed": "the store could not be written: look at the disk's room and the log",
  "not-json": "a sender writes reports that are no JSON",
  "not-a-trace": "a sender writes reports of another form",
  "too-large": "a report was longer than is taken",
  "too-many": "too many reports at once: send to a second collector",
  "body-limit": "only the beginning of a body is kept: more by --limit bodyBytes",
  "max-buffered-bytes":
    "a tap keeps no more of a body than its configuration says: max_buffered_rx_bytes, max_buffered_tx_bytes",
  "backend-slow": "the backend that it is passed on to is slower than what comes",
  "queue-full": "the backend that it is passed on to is slower than what comes, or away",
  "collector-slow": "the collector that it is sent to is slower than what comes: --spool keeps it on disk",
  "no-node": "an agent has sent logs before it said which node they are of",
  "no-connection": "an agent has sent a log before its connection",
  "client-went-away": "a sender went away in the middle of a report",
  "no-room-in-page":
    "the page holds 300 000 exchanges, or 384 MB: filter the file with tapline read -w first, or open it with tapline view",
};

/** In the words of the ledger's own page. */
function meaningOf(reason: string): string {
  const named: Readonly<Record<string, string>> = LEDGER_REASONS;
  const numbered: Readonly<Record<string, string>> = NUMBERED_REASONS;
  return (named[reason] ?? numbered[reason.replace(/-\d+$/, "")] ?? "").replaceAll("`", "");
}

/** Who sends, and what was lost, by reason. */
export function Losses() {
  const shown = losses.value;
  if (shown === undefined) return <div class="skeleton" />;
  const lossy = shown.books.filter(
    ({ dropped, truncated }) => Object.keys(dropped).length + Object.keys(truncated).length > 0,
  );
  return (
    <section class="losses" aria-label="Sources and losses">
      <h2>Losses</h2>
      {!shown.balanced && <p class="wrong">The ledger does not balance: that is a bug, please report it.</p>}
      {lossy.length === 0 ? (
        <p>Nothing was lost.</p>
      ) : (
        <table class="facts">
          <thead>
            <tr>
              <th scope="col">Book</th>
              <th scope="col">Reason</th>
              <th scope="col" class="figure">
                Amount
              </th>
              <th scope="col">What it is, and what to do</th>
            </tr>
          </thead>
          <tbody>
            {lossy.flatMap(({ name, dropped, truncated }) =>
              [...Object.entries(dropped), ...Object.entries(truncated)].map(([reason, amount]) => (
                <tr key={`${name} ${reason}`}>
                  <th scope="row">{name}</th>
                  <td>{reason}</td>
                  <td class="figure">{formatCount(amount)}</td>
                  <td>
                    {meaningOf(reason)}
                    {ADVICE[reason] !== undefined && (
                      <>
                        <br />
                        {ADVICE[reason]}
                      </>
                    )}
                  </td>
                </tr>
              )),
            )}
          </tbody>
        </table>
      )}
      <h2>Sources</h2>
      {(shown.listeners ?? []).length > 0 && (
        <p class="note">Listens on {shown.listeners!.map(({ kind, url }) => `${url} (${kind})`).join(", ")}</p>
      )}
      {shown.senders.length === 0 ? (
        <p>Nobody has sent yet.</p>
      ) : (
        <table class="facts">
          <thead>
            <tr>
              <th scope="col">Sender</th>
              <th scope="col">By</th>
              <th scope="col">Version</th>
              <th scope="col" class="figure">
                Exchanges
              </th>
              <th scope="col">Last seen</th>
              <th scope="col">Lag</th>
              <th scope="col">Lost</th>
            </tr>
          </thead>
          <tbody>
            {shown.senders.map(({ name, kind, version, exchanges, lastSeen, lastAsked, lost, ...clock }) => (
              <tr key={`${kind} ${name}`}>
                <th scope="row">{showText(name)}</th>
                <td>{kind}</td>
                <td>{version ?? "‹unknown›"}</td>
                <td class="figure">{formatCount(exchanges)}</td>
                <td>
                  {showMoment(lastSeen)}
                  {lastAsked !== undefined && `, asks: ${showMoment(lastAsked)}`}
                </td>
                <td>{showLag(clock)}</td>
                <td>
                  {Object.entries(lost).map(([reason, count]) => (
                    <div key={reason} title={ADVICE[reason] ?? meaningOf(reason)}>
                      {formatCount(count)} {reason}
                    </div>
                  ))}
                  {Object.keys(lost).length === 0 && "nothing"}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <h2>Ledger</h2>
      <table class="facts">
        <thead>
          <tr>
            <th scope="col">Book</th>
            {["In", "Handled", "Skipped", "Cut", "Lost", "Under way"].map((head) => (
              <th key={head} scope="col" class="figure">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.books.map(({ name, entered, handled, skipped, truncated, dropped, buffered }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {[entered, handled, sum(skipped), sum(truncated), sum(dropped), buffered].map((amount, index) => (
                <td key={index} class="figure">
                  {formatCount(amount)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <Store facts={shown.store} />
    </section>
  );
}

function Store({ facts }: { facts: Readonly<Record<string, unknown>> }) {
  const { exchanges, bytes, segments, problems } = facts;
  if (typeof exchanges !== "number" && !Array.isArray(problems)) return null;
  return (
    <>
      <h2>Store</h2>
      <p>
        {typeof exchanges !== "number"
          ? "How much is kept is ‹unknown› at the moment."
          : `${formatCount(exchanges)} exchanges, ${formatBytes(Number(bytes))} in ${segments === 1 ? "1 segment" : `${String(segments)} segments`}.`}
      </p>
      {Array.isArray(problems) &&
        problems.map((problem) => (
          <p class="wrong" key={String(problem)}>
            {showText(String(problem))}
          </p>
        ))}
    </>
  );
}

function sum(amounts: Readonly<Record<string, number>>): number {
  return Object.values(amounts).reduce((total, one) => total + one, 0);
}

function showMoment(millis: number | undefined): string {
  return millis === undefined ? "never" : `${formatTime(millis * 1000, isUtc.value).slice(0, 8)} (${ago(millis)})`;
}

function ago(millis: number): string {
  const seconds = Math.max(0, Math.round((Date.now() - millis) / 1000));
  return seconds < 120 ? `${seconds} s ago` : `${Math.round(seconds / 60)} min ago`;
}

/** How late it comes, in words where something is wrong with it. */
function showLag({ lagMillis, late = 0, ahead = 0 }: Pick<Sender, "lagMillis" | "late" | "ahead">): string {
  if (lagMillis === undefined) return "‹unknown›";
  const now = lagMillis < 0 ? `${(-lagMillis / 1000).toFixed(1)} s ahead` : `${(lagMillis / 1000).toFixed(1)} s`;
  const notes = [
    late > 0 ? `${formatCount(late)} came late` : "",
    ahead > 0 ? `${formatCount(ahead)} from a clock that is ahead` : "",
  ];
  return [now, ...notes].filter(Boolean).join(", ");
}
