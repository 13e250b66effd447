import type { HttpSettings } from "../../config/http/http-settings.ts";
import type { TappedConnection } from "../../tapped-connection.ts";
import type { Router } from "../router.ts";

/** A client's connection as its requests see it. */
export interface HttpSession {
  readonly tapped: TappedConnection;
  readonly router: Router;
  readonly settings: HttpSettings;
  /** A request has begun. */
  begin(): void;
  /** A request is over. */
  finished(): void;
  /** Whether the request that has begun is the last one that the connection takes. */
  isLastRequest(): boolean;
  /** Takes no more requests, and closes when those that are open are over. */
  drain(): void;
}
