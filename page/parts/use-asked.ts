import { useEffect, useState } from "preact/hooks";

/** The answer to a question; what was asked before is called off. */
export interface Asked<Answer> {
  readonly answer?: Answer;
  readonly problem?: string;
}

/** @param key asks anew when it changes */
export function useAsked<Answer>(key: unknown, ask: (signal: AbortSignal) => Promise<Answer>): Asked<Answer> {
  const [state, setState] = useState<Asked<Answer>>({});
  useEffect(() => {
    const controller = new AbortController();
    setState({});
    ask(controller.signal)
      .then((answer) => {
        if (!controller.signal.aborted) setState({ answer });
      })
      .catch((error: Error) => {
        if (!controller.signal.aborted) setState({ problem: error.message });
      });
    return () => controller.abort();
  }, [key]);
  return state;
}
