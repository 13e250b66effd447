/** A transport socket sees bytes of connections, the HTTP filter sees requests. */
export type TapKind = "socket" | "http";

/** Where a tap configuration stands. */
export interface TapSite {
  /** `static`: in a configuration file; `admin`: posted to `/tap`. */
  readonly origin: "static" | "admin";
  /** The kinds of tap that it configures: both, where both have the config_id; none, where nothing is known of it. */
  readonly watches: readonly TapKind[];
  /** The clusters that sinks may name. */
  readonly clusters?: readonly string[];
}
