import swagger from "@fastify/swagger";
import fastify, { type FastifyReply, type FastifyRequest } from "fastify";
import { jsonSchemaTransform, validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import { formatError, type IpEndpoint, TaplineError, VERSION } from "../../model/index.ts";
import { LISTEN_BACKLOG } from "../../source/listen-backlog.ts";
import type { Person } from "./access.ts";
import type { Api, ApiOptions } from "./api-context.ts";
import { defineDocuments } from "./documents-route.ts";
import { defineExchangeRoutes } from "./exchange-routes.ts";
import { defineFactRoutes } from "./fact-routes.ts";
import { defineStream } from "./stream-route.ts";
import { defineSumRoutes } from "./sum-routes.ts";
import { defineValues } from "./values-route.ts";

/** Scripts, styles and connections are the page's own; previews are frames without an origin. */
const SECURITY_HEADERS = {
  "content-security-policy":
    "default-src 'self'; img-src 'self' blob: data:; worker-src 'self' blob:; frame-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

/** May be asked for without a token: they say nothing of the traffic. */
const OPEN_PATHS = new Set(["/health", "/ready"]);

/** The listener of the page and of `/api/v1`. */
export class ApiServer {
  readonly #api: Api;

  private constructor(api: Api) {
    this.#api = api;
  }

  static async create(options: ApiOptions): Promise<ApiServer> {
    const api = fastify({
      bodyLimit: 1024 * 1024,
      forceCloseConnections: true,
    }).withTypeProvider<ZodTypeProvider>() as Api;
    api.setValidatorCompiler(validatorCompiler);
    // Answers are made here: their schemas are for the description.
    api.setSerializerCompiler(() => (data) => JSON.stringify(data));
    api.setErrorHandler((error, _, reply) => answerError(error as Error, reply));
    api.setNotFoundHandler((_, reply) =>
      reply.code(404).send({ error: { code: "not-found", message: "there is nothing here" } }),
    );
    api.addHook("onRequest", async (request, reply) => checkAccess(options, request, reply));
    await api.register(swagger, {
      openapi: {
        openapi: "3.1.0",
        info: { title: "Tapline", version: VERSION, description: "The exchanges that a collector keeps." },
        components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
        security: [{ token: [] }],
      },
      transform: jsonSchemaTransform,
    });
    await api.register(async (scope) => {
      const routes = scope as unknown as Api;
      defineExchangeRoutes(routes, options);
      defineSumRoutes(routes, options);
      defineValues(routes, options);
      defineDocuments(routes, options);
      defineStream(routes, options);
      defineFactRoutes(routes, options);
    });
    for (const [path, file] of options.page)
      api.get(path, { schema: { hide: true } }, (request, reply) => {
        reply.type(file.type).header("vary", "accept-encoding");
        const takesGzip = /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(
          String(request.headers["accept-encoding"] ?? ""),
        );
        return takesGzip ? reply.header("content-encoding", "gzip").send(file.compressed) : reply.send(file.bytes);
      });
    return new ApiServer(api);
  }

  /** @throws TaplineError `connection` */
  async listen({ address, port }: IpEndpoint): Promise<IpEndpoint> {
    try {
      await this.#api.listen({ host: address, port, backlog: LISTEN_BACKLOG });
    } catch (cause) {
      throw new TaplineError("connection", `cannot listen on ${address}:${port}: ${(cause as Error).message}`, {
        cause,
      });
    }
    const bound = this.#api.server.address();
    return { kind: "ip", address, port: typeof bound === "object" && bound !== null ? bound.port : port };
  }

  async close(): Promise<void> {
    await this.#api.close();
  }
}

async function checkAccess({ access, page }: ApiOptions, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.headers(SECURITY_HEADERS);
  const controller = new AbortController();
  request.gone = controller.signal;
  reply.raw.once("close", () => {
    if (!reply.raw.writableFinished) controller.abort();
  });
  const { host, origin, authorization } = request.headers;
  const verdict = access.judge({ host, origin, authorization });
  const path = request.url.replace(/[?#].*/, "");
  if (!("status" in verdict)) request.person = verdict;
  // The page asks for the token itself: its files are no secret.
  else if (verdict.status === 401 && (OPEN_PATHS.has(path) || page.has(path))) request.person = NOBODY;
  else
    await reply
      .code(verdict.status)
      .send({ error: { code: verdict.status === 401 ? "token" : "forbidden", message: verdict.message } });
}

const NOBODY: Person = { role: "viewer", name: "nobody" };

const STATUSES: Readonly<Record<string, number>> = { usage: 400, configuration: 400, limit: 413, output: 503 };

function answerError(error: Error & { statusCode?: number; validation?: unknown }, reply: FastifyReply): void {
  if (error.name === "AbortError") {
    reply.code(499).send({ error: { code: "aborted", message: "it is no longer wanted" } });
    return;
  }
  const isOurs = error instanceof TaplineError;
  const status = isOurs ? (STATUSES[error.code] ?? 500) : (error.statusCode ?? 500);
  const code = isOurs ? error.code : status < 500 ? "usage" : "bug";
  const message = isOurs ? error.message : status < 500 ? error.message : formatError(error);
  reply
    .code(status)
    .send({ error: { code, message, ...(isOurs && error.hint !== undefined && { hint: error.hint }) } });
}
