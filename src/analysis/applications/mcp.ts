import type { McpApplication } from "../../model/index.ts";
import { FLAG, TEXT } from "../../wire/ndjson/index.ts";
import { type ApplicationRow, redactTexts, words } from "./application-row.ts";
import type { ExchangeContent } from "./content.ts";
import { isAnswer, isCall } from "./jsonrpc.ts";

export const MCP: ApplicationRow<"mcp"> = {
  doc: "the Model Context Protocol",
  recognise: recogniseMcp,
  inside: "jsonrpc",
  schema: { version: TEXT, tool: TEXT, resource: TEXT, prompt: TEXT, isError: FLAG },
  read(fields) {
    const isError = fields.flag("isError");
    return {
      name: "mcp",
      ...fields.copyTexts("version", "tool", "resource", "prompt"),
      ...(isError !== undefined && { isError }),
    };
  },
  redact: (mcp, redactor) => redactTexts(mcp, redactor, "tool", "resource", "prompt"),
  note: ({ version, tool, resource, prompt, isError }) =>
    words(
      version,
      tool === undefined ? undefined : `tool ${tool}`,
      resource === undefined ? undefined : `resource ${resource}`,
      prompt === undefined ? undefined : `prompt ${prompt}`,
      isError === true ? "tool failed" : undefined,
    ),
  error: ({ isError }) => (isError === true ? "tool-error" : undefined),
};

/**
 * The Model Context Protocol by its headers (Streamable HTTP), or by a method of JSON-RPC that only it has. `initialize` and `ping` are
 * others' too: of the first its protocol's version, a date, has to stand there.
 */
export function recogniseMcp(content: ExchangeContent): McpApplication | undefined {
  const calls = [...content.asked.filter(isCall), ...content.answered.filter(isCall)];
  const call = calls[0];
  const method = call?.text("method") ?? "";
  const params = call?.object("params");
  const result = content.answered.find(isAnswer)?.optional("result");
  const version =
    content.header("mcp-protocol-version") ??
    dateOf(result?.text("protocolVersion")) ??
    dateOf(params?.text("protocolVersion"));
  const isNamed = version !== undefined || content.header("mcp-session-id") !== undefined;
  if (!isNamed && !calls.some((one) => METHODS.test(one.text("method")!))) return undefined;
  const name = params?.text("name");
  const uri = params?.text("uri");
  const isError = result?.flag("isError");
  return {
    name: "mcp",
    ...(version !== undefined && { version }),
    ...(method === "tools/call" && name !== undefined && { tool: name }),
    ...(method.startsWith("resources/") && uri !== undefined && { resource: uri }),
    ...(method === "prompts/get" && name !== undefined && { prompt: name }),
    ...(isError === true && { isError }),
  };
}

const METHODS =
  /^(?:tools\/(?:call|list)|resources\/(?:list|read|subscribe|unsubscribe|templates\/list)|prompts\/(?:get|list)|completion\/complete|logging\/setLevel|roots\/list|sampling\/createMessage|elicitation\/create|notifications\/(?:initialized|cancelled|progress|message|roots\/list_changed|(?:tools|prompts|resources)\/list_changed|resources\/updated))$/;

/** The protocol's versions are dates. */
function dateOf(version: string | undefined): string | undefined {
  return version !== undefined && /^20\d\d-\d\d-\d\d$/.test(version) ? version : undefined;
}
