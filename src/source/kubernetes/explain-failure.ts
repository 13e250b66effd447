/** Says why a call of @kubernetes/client-node's failed: in the cluster's words, or in those of the way to it. */
export function explainFailure(error: unknown): string {
  const { body, message, cause } = error as {
    readonly body?: unknown;
    readonly message?: string;
    readonly cause?: { readonly message?: string };
  };
  if (body !== undefined && body !== null) {
    const status = readStatus(body);
    return typeof status?.message === "string" ? status.message : String(body).slice(0, 1000);
  }
  const said = [message, cause?.message].filter((one) => one !== undefined && one !== "");
  return said.join(": ") || String(error);
}

/** The body of a failed call is a text that has to be parsed. */
function readStatus(body: unknown): { readonly message?: unknown } | undefined {
  if (typeof body !== "string") return body as { readonly message?: unknown };
  try {
    return JSON.parse(body) as { readonly message?: unknown };
  } catch {
    return undefined;
  }
}
