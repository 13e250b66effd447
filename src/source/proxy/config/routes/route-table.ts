import type { Place } from "../../../../model/index.ts";
import type { HeaderMatcher, StringMatcher } from "../../../../tap/config/match-predicate.ts";
import type { WeightedClusterConfig } from "../cluster/weighted-cluster.ts";

/** `RouteConfiguration`, checked and with its defaults filled in. Durations are milliseconds. */
export interface RouteTable extends HasEdits {
  readonly virtualHosts: readonly VirtualHost[];
  /** The edits of the route itself are made last, so that they hold. */
  readonly mostSpecificEditsWin: boolean;
  readonly ignoresPortInHost: boolean;
}

export interface VirtualHost extends HasEdits {
  /** `a.example`, `*.example`, `a.*` or `*`, in lower case. */
  readonly domains: readonly string[];
  readonly routes: readonly Route[];
  readonly requireTls: "NONE" | "EXTERNAL_ONLY" | "ALL";
}

export interface Route extends HasEdits {
  readonly match: RouteMatch;
  readonly action: RouteAction;
  readonly place: Place;
}

/** Done to headers on this level, and which filters are switched. */
export interface HasEdits {
  readonly requestEdits: HeaderEdits;
  readonly responseEdits: HeaderEdits;
  /** By the filter's name: whether it is on. */
  readonly filters: ReadonlyMap<string, boolean>;
  /** The host that a dynamic forward proxy looks up instead of the request's. */
  readonly dialledHost?: HostRewrite;
  /** By the name of a filter `header_mutation`: what it does besides its own. */
  readonly mutations?: ReadonlyMap<string, Mutations>;
}

/** Done by a filter `header_mutation` to each part of an exchange, one after the other. */
export interface Mutations {
  readonly requestHeaders: readonly HeaderMutation[];
  readonly responseHeaders: readonly HeaderMutation[];
  /** Where there are any. */
  readonly requestTrailers: readonly HeaderMutation[];
  readonly responseTrailers: readonly HeaderMutation[];
}

export type HeaderMutation =
  | { readonly kind: "remove"; readonly name: string }
  /** All whose names match. */
  | { readonly kind: "remove-matching"; readonly names: StringMatcher }
  | { readonly kind: "add"; readonly addition: HeaderAddition };

export interface HeaderEdits {
  /** In lower case; taken away before anything is added. */
  readonly remove: readonly string[];
  readonly add: readonly HeaderAddition[];
}

export interface HeaderAddition {
  /** In lower case. */
  readonly name: string;
  readonly value: HeaderTemplate;
  readonly action: "APPEND_IF_EXISTS_OR_ADD" | "ADD_IF_ABSENT" | "OVERWRITE_IF_EXISTS_OR_ADD" | "OVERWRITE_IF_EXISTS";
  readonly keepsEmpty: boolean;
}

/** Texts, and what is known of the request (`%REQ(…)%`, …). */
export type HeaderTemplate = readonly (
  | string
  | {
      readonly command: TemplateCommand;
      readonly headers: readonly string[];
      /** So many bytes of a header at most. */
      readonly maxLength?: number;
    }
)[];

export type TemplateCommand =
  | "DOWNSTREAM_REMOTE_ADDRESS"
  | "DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT"
  | "DOWNSTREAM_REMOTE_PORT"
  | "DOWNSTREAM_LOCAL_ADDRESS"
  | "DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT"
  | "DOWNSTREAM_LOCAL_PORT"
  | "PROTOCOL"
  | "UPSTREAM_CLUSTER"
  | "REQ"
  | "RESP";

export interface RouteMatch {
  readonly path: PathMatch;
  readonly headers: readonly HeaderMatcher[];
  readonly query: readonly QueryMatch[];
  readonly isGrpc: boolean;
  /** How many of a million requests; absent: all. */
  readonly perMillion?: number;
}

export interface PathMatch {
  /** `separated` is a prefix that ends where a segment does; `connect` are requests of that method, which have no path. */
  readonly kind: "prefix" | "path" | "regex" | "separated" | "connect";
  readonly value: string;
  readonly ignoresCase: boolean;
}

export interface QueryMatch {
  readonly name: string;
  /** It must not be there. */
  readonly isAbsent?: boolean;
  /** Absent: that it is there. */
  readonly value?: StringMatcher;
}

export type RouteAction = ForwardAction | RedirectAction | DirectAction;

export interface ForwardAction {
  readonly kind: "forward";
  readonly target:
    | { readonly kind: "clusters"; readonly clusters: readonly TargetCluster[] }
    | { readonly kind: "header"; readonly header: string };
  readonly notFoundStatus: number;
  /** From the request's end to the response's; 0 is never; default 15 s. */
  readonly timeoutMillis: number;
  /** The timeout was said. */
  readonly isTimed: boolean;
  /** Without a move in either direction; absent: the manager's. */
  readonly idleTimeoutMillis?: number;
  readonly maxStreamMillis?: number;
  readonly prefixRewrite?: string;
  readonly hostRewrite?: HostRewrite;
  readonly appendsForwardedHost: boolean;
  /** By kind, in lower case (`websocket`, `connect`): whether it is on. */
  readonly upgrades: ReadonlyMap<string, boolean>;
  /** The tunnel of a `CONNECT` ends here: its bytes are the endpoint's. */
  readonly endsTunnels: boolean;
}

export interface TargetCluster extends WeightedClusterConfig, HasEdits {
  readonly hostRewrite?: HostRewrite;
}

export type HostRewrite =
  | { readonly kind: "literal"; readonly value: string }
  | { readonly kind: "endpoint" }
  | { readonly kind: "header"; readonly header: string };

export interface RedirectAction {
  readonly kind: "redirect";
  readonly status: number;
  readonly scheme?: string;
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
  readonly prefixRewrite?: string;
  readonly stripsQuery: boolean;
}

export interface DirectAction {
  readonly kind: "direct";
  readonly status: number;
  readonly body: Uint8Array;
}
