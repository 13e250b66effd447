/**
 * An application that runs inside an exchange, with its facts: `exchange.application` lists them from the outside in
 * (Server-Sent Events, then what the events carry).
 */
export type Application = Applications[ApplicationName];
export type ApplicationName = keyof Applications;

/** The applications there are, by name. Whoever recognises another one adds it by declaring this interface again. */
export interface Applications {
  grpc: GrpcApplication;
  websocket: PlainApplication<"websocket">;
  sse: PlainApplication<"sse">;
}

/** An application of which nothing is known but that it is there. */
export interface PlainApplication<Name extends string> {
  readonly name: Name;
}

/** gRPC (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md), with the status of the call where one came. */
export interface GrpcApplication extends PlainApplication<"grpc"> {
  readonly status?: number;
  /** `NOT_FOUND` */
  readonly statusName?: string;
  readonly message?: string;
}

/** How many may stand inside one another: the rest is not looked at. */
export const MAX_APPLICATIONS = 3;

/** Nothing was recognised: one array for all. */
export const NO_APPLICATION: readonly Application[] = [];
export const WEBSOCKET: readonly Application[] = [{ name: "websocket" }];
export const SERVER_SENT_EVENTS: readonly Application[] = [{ name: "sse" }];

/** Facts of one application, where it runs in the exchange. */
export function findApplication<Name extends ApplicationName>(
  { application }: { readonly application: readonly Application[] },
  name: Name,
): Applications[Name] | undefined {
  for (const one of application) if (one.name === name) return one as Applications[Name];
  return undefined;
}
