import type { Socket } from "node:net";
import { timerMillis } from "../../../model/index.ts";

/**
 * Reads a paused socket until `isEnough`, and puts all that was read back.
 *
 * @param isEnough is given everything so far, again at each read
 * @returns `ended` where the client ended or went away before, `timeout` after `timeoutMillis` (0 waits on)
 */
export function peekBytes(
  socket: Socket,
  timeoutMillis: number,
  isEnough: (seen: Buffer) => boolean,
): Promise<"seen" | "ended" | "timeout"> {
  return new Promise((resolve) => {
    let seen = Buffer.alloc(0);
    const finish = (outcome: "seen" | "ended" | "timeout") => {
      clearTimeout(timer);
      socket.off("readable", onReadable).off("error", onEnd).off("close", onEnd).pause();
      if (seen.length > 0 && !socket.destroyed) socket.unshift(seen);
      resolve(outcome);
    };
    const onReadable = () => {
      // Nothing to read is the end: it is left to who reads next.
      if (socket.readableLength === 0) return finish("ended");
      seen = Buffer.concat([seen, socket.read() as Buffer]);
      if (isEnough(seen) || seen.length > MOST) finish("seen");
    };
    const onEnd = () => finish("ended");
    const timer = timeoutMillis === 0 ? undefined : setTimeout(() => finish("timeout"), timerMillis(timeoutMillis));
    socket.on("readable", onReadable).on("error", onEnd).on("close", onEnd);
    if (socket.readableLength > 0) onReadable();
  });
}

/** Nothing that is looked for is longer: a ClientHello with its records' headers. */
const MOST = 72 * 1024;
