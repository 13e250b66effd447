import type { SocketClosed } from "../../../model/index.ts";

/** Serves a connection once its filter chain is known. */
export interface ServedConnection {
  /** Never rejects. */
  run(): Promise<void>;
  abort(how: SocketClosed["how"]): void;
  checkIdle(now: number): void;
}
