import type { Connection } from "../../../../model/index.ts";
import type { TargetCluster } from "../../config/routes/route-table.ts";
import { type AdmittedRequest, admitRequest } from "../admit-request.ts";
import { ForwardedRequest, type TakeTunnel } from "../forward-request.ts";
import type { SentRequest } from "../forwarded-head.ts";
import { applyEdits, mutateHeaders, type TemplateContext } from "../headers/edit-headers.ts";
import { finishHeaders } from "../headers/finish-headers.ts";
import { type HeaderList, headerValue, removeHeaders, setHeader } from "../headers/header-list.ts";
import { describeAnswer, type LocalAnswer } from "../local-answer.ts";
import { redirect, rewritePrefix } from "../redirect.ts";
import type { Router } from "../router.ts";
import type { DownstreamStream } from "./downstream.ts";

/** Who asks from inside for a trace is told its id. */
const FORCE_TRACE = "x-envoy-force-trace";

/** To who asks for an upgrade that is not taken. */
const FORBIDDEN: LocalAnswer = { status: 403 };

export interface ServedStream {
  /** The client has gone. */
  readonly abandon: () => void;
  /** The client's body cannot be read. */
  readonly refuse: (answer: LocalAnswer) => void;
}

const NOTHING: ServedStream = { abandon() {}, refuse() {} };

/**
 * Answers one request: checks it, finds its route, and forwards it or answers by itself.
 *
 * @param upgrade takes an upgraded connection over; undefined where the client cannot be upgraded
 * @param asksFor the protocol that it asks to be upgraded to; `connect` for a tunnel
 */
export function serveStream(
  stream: DownstreamStream,
  router: Router,
  connection: Connection,
  upgrade: TakeTunnel | undefined,
  asksFor: string | undefined,
): ServedStream {
  const { settings, table, headerMutations } = router.manager;
  let request: AdmittedRequest | undefined;
  let isRead = true;
  const finish = (headers: HeaderList) => {
    finishHeaders(headers, settings);
    // A request that is answered before its headers were made ready has the client's own.
    const known = request?.headers ?? (isRead ? stream.headers : undefined);
    if (known === undefined || !(settings.tellsRequestId || headerValue(known, FORCE_TRACE) !== undefined)) return;
    const id = headerValue(known, "x-request-id");
    if (id !== undefined) setHeader(headers, "x-request-id", id);
  };
  /** From the most specific on; two where no route was found. */
  const levels: Parameters<typeof applyEdits>[2][number][] = [undefined, table];
  /** A route that answers has been found: its headers go with the answer. */
  let isEdited = false;
  let cluster: TargetCluster | undefined;
  let shown: AdmittedRequest | undefined;
  const answer = (local: LocalAnswer, sent?: SentRequest) => {
    if (!stream.isOpen()) return;
    const { status, headers, body } = describeAnswer(local, stream.headers, stream.method);
    const context = (): TemplateContext => ({
      connection,
      client: request?.client,
      protocol: isRead ? stream.version : "HTTP/1.1",
      cluster: cluster?.name,
      // Nothing is known of what could not be read.
      pseudo: isRead ? listPseudo(stream, request, sent ?? shown ?? request, local.path) : [],
      request: sent?.headers ?? request?.headers ?? (isRead ? stream.headers : []),
      response: headers,
    });
    if (isEdited) {
      const type = headerValue(headers, "content-type");
      removeHeaders(headers, "content-type");
      applyEdits(headers, "responseEdits", levels, table.mostSpecificEditsWin, context);
      setType(headers, type, body);
    }
    if (headerMutations.length > 0)
      mutateHeaders(headers, "responseHeaders", headerMutations, levels.length > 2 ? levels : [], context);
    finish(headers);
    const isBodiless = body.length === 0 || stream.method === "HEAD";
    stream.respond(status, headers, isBodiless);
    if (!isBodiless) stream.sink.write(body);
    stream.finish([]);
  };

  const admitted = admitRequest(stream, asksFor, connection, settings);
  if ("status" in admitted) {
    isRead = admitted.isUnread !== true;
    if (admitted.status === 400 || !isRead) stream.distrust();
    answer(admitted);
    return NOTHING;
  }
  request = admitted;
  const found = router.finder.find(request);
  /** Filters have the request before it is answered. */
  const mutate = () => {
    if (headerMutations.length === 0) return;
    mutateHeaders(admitted.headers, "requestHeaders", headerMutations, levels.length > 2 ? levels : [], () => ({
      connection,
      client: admitted.client,
      protocol: stream.version,
      cluster: undefined,
      pseudo: listPseudo(stream, admitted, admitted),
      request: admitted.headers,
      response: [],
    }));
  };
  const { upgrade: asked } = request;
  const isRefused = (upgrades?: ReadonlyMap<string, boolean>) =>
    asked !== undefined && !(upgrades?.get(asked) ?? settings.upgrades.get(asked));
  const { requireTls = "NONE" } = found?.host ?? {};
  if (requireTls !== "NONE" && needsTls(request, requireTls)) {
    if (isRefused()) {
      answer(FORBIDDEN);
      return NOTHING;
    }
    mutate();
    const location = `https://${request.authority}${request.path}`;
    answer({ status: 301, headers: [["location", location]] });
    return NOTHING;
  }
  const { route, host } = found ?? {};
  if (host === undefined || route === undefined) {
    mutate();
    answer({ status: 404 });
    return NOTHING;
  }
  levels.splice(1, 0, route, host);
  const { action } = route;
  // Before the filters have it.
  if (action.kind !== "forward" && isRefused()) {
    answer(FORBIDDEN);
    return NOTHING;
  }
  isEdited = true;
  if (action.kind === "direct") {
    mutate();
    answer({ status: action.status, text: action.body });
    return NOTHING;
  }
  if (action.kind === "redirect") {
    mutate();
    const { prefixRewrite } = action;
    // Values of headers are made of the path that the redirect leads to, where it is made of this one.
    if (prefixRewrite !== undefined)
      shown = { ...request, path: rewritePrefix(request.path, route.match.path, prefixRewrite) };
    answer(redirect(action, request, route.match.path));
    return NOTHING;
  }
  const forwarded = new ForwardedRequest(stream, request, {
    router,
    connection,
    host,
    route: { ...route, action },
    answer: (local, chosen, sent) => {
      levels[0] = cluster = chosen;
      answer(local, sent);
    },
    finishHeaders: finish,
    upgrade: asked === undefined ? undefined : upgrade,
  });
  if (isRefused(action.upgrades)) forwarded.refuseUpgrade();
  else forwarded.run();
  return forwarded;
}

/** A route may say another type of a body, none of gRPC's, and none where nothing follows. @param type what the answer has without it */
function setType(headers: HeaderList, type: string | undefined, body: Uint8Array): void {
  if (type !== undefined && headerValue(headers, "grpc-status") !== undefined) setHeader(headers, "content-type", type);
  else if (body.length === 0) removeHeaders(headers, "content-type");
  else if (type !== undefined && headerValue(headers, "content-type") === undefined)
    headers.push(["content-type", type]);
}

function needsTls({ headers }: AdmittedRequest, requireTls: "EXTERNAL_ONLY" | "ALL"): boolean {
  if (headerValue(headers, "x-forwarded-proto") === "https") return false;
  return requireTls === "ALL" || headerValue(headers, "x-envoy-internal") !== "true";
}

/**
 * @param shown whose host it is
 * @param path what has become of it
 */
function listPseudo(
  stream: DownstreamStream,
  request: AdmittedRequest | undefined,
  shown: Pick<SentRequest, "authority" | "path"> | undefined,
  path = shown?.path ?? stream.path,
): HeaderList {
  const { method, scheme } = request ?? stream;
  return [
    [":method", method],
    ...(scheme === undefined ? [] : ([[":scheme", scheme]] as HeaderList)),
    [":authority", shown?.authority ?? stream.authority ?? ""],
    [":path", path],
  ];
}
