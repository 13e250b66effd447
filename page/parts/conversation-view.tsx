import type { ExchangeDocument } from "../source/data-source.ts";
import { isUtc } from "../state/app-state.ts";
import { formatBytes, formatTime } from "../text/format.ts";
import { bytesOf, isFields, listOf, numberOf, objectOf, textOf } from "./document-fields.ts";
import { HexView } from "./hex-view.tsx";
import { MarkedText } from "./marked-text.tsx";
import { DescriptorPicker, ProtobufView } from "./protobuf-view.tsx";

const MAX_SHOWN = 500;

/** Messages of WebSocket, Server-Sent Events and gRPC, each at its time and from its side. */
export function ConversationView({ document: shown, hidden }: { document: ExchangeDocument; hidden: boolean }) {
  const messages = listOf(shown, "messages");
  const path = textOf(objectOf(shown, "request"), "target");
  const isGrpc = "grpc" in shown;
  if (messages.length === 0) return <p class="note">No messages: this is no conversation, or none of them was kept.</p>;
  return (
    <>
      {hidden && <p class="note">The role admin may see what they say.</p>}
      {isGrpc && !hidden && <DescriptorPicker />}
      <ol class="conversation">
        {messages
          .filter(isFields)
          .slice(0, MAX_SHOWN)
          .map((message, index) => {
            const from = textOf(message, "from") === "client" ? "client" : "server";
            const time = Date.parse(textOf(message, "time") ?? "") * 1000;
            const text = textOf(message, "text");
            const bytes = bytesOf(message);
            return (
              <li key={index} class={from}>
                <small>
                  {from} · {textOf(message, "kind")} · {formatBytes(numberOf(message, "size") ?? 0)}
                  {Number.isNaN(time) ? "" : ` · ${formatTime(time, isUtc.value, 6)}`}
                  {message["truncated"] === true ? " · cut" : ""}
                </small>
                {isGrpc && textOf(message, "kind") === "message" ? (
                  bytes !== undefined && <ProtobufView bytes={bytes} path={path} from={from} />
                ) : text !== undefined ? (
                  <pre>
                    <MarkedText text={text.slice(0, 20_000)} />
                  </pre>
                ) : (
                  bytes !== undefined && <HexView bytes={bytes} />
                )}
              </li>
            );
          })}
      </ol>
      {messages.length > MAX_SHOWN && <p class="note">{messages.length - MAX_SHOWN} more</p>}
    </>
  );
}
