import { TaplineError } from "../../model/index.ts";

export interface CollectorAddress {
  /** The collector: `http://127.0.0.1:9004`. */
  readonly url: string;
  readonly token: string | undefined;
}

/**
 * Asks `/api/v1` of a collector; absent parameters are left out.
 * @throws TaplineError `connection` where it cannot be reached, `usage` for what it refuses
 */
export async function askCollector(
  { url, token }: CollectorAddress,
  path: string,
  query: Readonly<Record<string, string | number | undefined>> = {},
): Promise<Response> {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) parameters.set(name, String(value));
  const address = new URL(`api/v1/${path}?${parameters}`, readCollectorUrl(url));
  const response = await get(address, token);
  if (!response.ok) throw await refusal(response);
  return response;
}

/** @throws TaplineError (`usage`) for what is no address of a collector */
export function readCollectorUrl(text: string): URL {
  const url = URL.parse(`${text.replace(/\/$/, "")}/`);
  if (url !== null && /^https?:/.test(url.href)) return url;
  throw new TaplineError("usage", `--url ${text}: expected http://HOST:PORT or https://HOST:PORT`);
}

async function get(address: URL, token: string | undefined): Promise<Response> {
  try {
    return await fetch(address, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
  } catch (cause) {
    throw new TaplineError("connection", `no collector answers at ${address.origin}`, {
      hint: "tapline collector, or tapline up; --url says where it is",
      cause,
    });
  }
}

async function refusal(response: Response): Promise<TaplineError> {
  const answer = (await response.json().catch(() => ({}))) as { error?: { message?: string; hint?: string } };
  const message = answer.error?.message ?? `the collector answers ${response.status}`;
  const hint = response.status === 401 ? "--token, or TAPLINE_TOKEN" : answer.error?.hint;
  return new TaplineError("usage", message, hint === undefined ? {} : { hint });
}
