/**
 * An application that runs inside an exchange, with its facts: `exchange.application` lists them from the outside in
 * (Server-Sent Events, then what the events carry). What is told by bodies is found when it is asked for (`applicationsOf`).
 */
export type Application = Applications[ApplicationName];
export type ApplicationName = keyof Applications;

/** The applications there are, by name. Whoever recognises another one adds it by declaring this interface again. */
export interface Applications {
  grpc: GrpcApplication;
  websocket: PlainApplication<"websocket">;
  sse: PlainApplication<"sse">;
  jsonrpc: JsonRpcApplication;
  mcp: McpApplication;
  graphql: GraphqlApplication;
  llm: LlmApplication;
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

/** JSON-RPC 2.0 (https://www.jsonrpc.org/specification): the first call, or what the server sent by itself. */
export interface JsonRpcApplication extends PlainApplication<"jsonrpc"> {
  readonly method?: string;
  /** The call's `id`, a number as text. Absent: a notification. */
  readonly id?: string;
  /** How many calls a batch has, as far as they were looked at. Absent: it is none. */
  readonly calls?: number;
  /** The answer's; of a batch the first that is an error. */
  readonly errorCode?: number;
  readonly errorMessage?: string;
}

/** The Model Context Protocol (https://modelcontextprotocol.io/specification), inside JSON-RPC. */
export interface McpApplication extends PlainApplication<"mcp"> {
  /** The protocol's version, a date: of the header, or of what `initialize` agreed on. */
  readonly version?: string;
  /** The tool that is called. */
  readonly tool?: string;
  /** The resource or prompt that is asked for. */
  readonly resource?: string;
  readonly prompt?: string;
  /** The tool says that it failed (`isError`). */
  readonly isError?: boolean;
}

/** GraphQL over HTTP (https://graphql.github.io/graphql-over-http/draft/): the operation that runs, or the first of a batch. */
export interface GraphqlApplication extends PlainApplication<"graphql"> {
  /** `query`, `mutation` or `subscription`; absent where only a stored query is named. */
  readonly operation?: string;
  readonly operationName?: string;
  /** How many operations a batch has, as far as they were looked at. Absent: it is none. */
  readonly operations?: number;
  /** How many errors the response has, and the first one's message and code (`extensions.code`). */
  readonly errors?: number;
  readonly errorMessage?: string;
  readonly errorCode?: string;
}

/** A call of a language model, in the form of one of the interfaces that are common. */
export interface LlmApplication extends PlainApplication<"llm"> {
  /** Whose form it is: `openai`, `anthropic`, `gemini`, `bedrock`, `ollama`. Others speak it, too. */
  readonly api: string;
  /** As the answer says it, else as asked for. */
  readonly model?: string;
  /** The answer comes in pieces. */
  readonly streaming?: boolean;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  /** Why the model stopped, in the interface's word: `stop`, `end_turn`, `tool_use`, `length`. */
  readonly finishReason?: string;
  readonly errorType?: string;
  readonly errorMessage?: string;
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
