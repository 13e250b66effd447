import type { LedgerBook } from "../../../model/index.ts";
import type { HttpProtocol } from "../../dial/cluster-config.ts";
import { closeUpstream, type UpstreamConnection } from "./upstream-connection.ts";

/** How long an endpoint may take to say something. */
const PATIENCE_MILLIS = 2000;

/** The connection preface of HTTP/2, with empty SETTINGS (RFC 9113 §3.4): a server of HTTP/1 answers that it is none of its own, or closes. */
const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", "latin1");
const SETTINGS = 4;

/**
 * Finds out which HTTP an endpoint speaks, and closes the connection. Undefined where it says nothing that tells it.
 *
 * @param received the account of what it says
 */
export function askHttp(dialled: UpstreamConnection, received: LedgerBook): Promise<HttpProtocol | undefined> {
  const { tapped, channel } = dialled;
  return new Promise((resolve) => {
    let isOver = false;
    let said = Buffer.alloc(0);
    const finish = (found: HttpProtocol | undefined) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      closeUpstream(dialled);
      resolve(found);
    };
    const timer = setTimeout(() => finish(undefined), PATIENCE_MILLIS);
    channel.handleWith({
      received: (bytes) => {
        received.enter(bytes.length);
        received.settleHandled(bytes.length);
        tapped.read(bytes);
        said = Buffer.concat([said, bytes]).subarray(0, 4);
        // The fourth byte of a frame is its type, and the first frame is SETTINGS.
        if (said.length === 4) finish(said[3] === SETTINGS ? "h2" : "http/1.1");
      },
      ended: () => finish("http/1.1"),
      flushed: (bytes) => tapped.wrote(bytes, true),
      closed: () => finish("http/1.1"),
    });
    const taken = channel.write(PREFACE);
    if (taken > 0) tapped.wrote(PREFACE.subarray(0, taken), false);
    channel.resume();
  });
}
