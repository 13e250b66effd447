import type { StreamObserver } from "../../analysis/stream-observer.ts";
import type { Header } from "../../model/index.ts";
import type { HttpConnectionManagerConfig, SwitchedFilterConfig } from "../../source/proxy/config/config.ts";
import { isSwitchedOn } from "../../source/proxy/config/routes/settle-routing.ts";
import { RouteFinder } from "../../source/proxy/routed/find-route.ts";
import type { HeaderList } from "../../source/proxy/routed/headers/header-list.ts";

/**
 * Makes what stands before the observers of a filter that some routes switch on or off (`typed_per_filter_config`): an observer is
 * told of a stream only where its route has the filter on. Undefined for a filter that no route switches.
 *
 * @param leave told of an observer whose stream was kept from it; by default it is abandoned
 */
export function createFilterGate<Observer extends StreamObserver>(
  manager: HttpConnectionManagerConfig,
  leave: (observer: Observer) => void = (observer) => observer.onAbandoned?.(),
): (filter: SwitchedFilterConfig) => ((observer: Observer) => StreamObserver) | undefined {
  const { table, routing } = manager;
  if (routing.mode === "verbatim") return () => undefined;
  const levels = [table, ...table.virtualHosts.flatMap((host) => [host, ...host.routes])];
  const finder = new RouteFinder(table);
  return ({ name, isDisabled }) => {
    if (!isDisabled && levels.every(({ filters }) => !filters.has(name))) return undefined;
    return (observer) =>
      gate(
        observer,
        (headers) => {
          const found = finder.find(readTarget(headers));
          return isSwitchedOn(name, isDisabled, [found?.route, found?.host, table]);
        },
        () => leave(observer),
      );
  };
}

function readTarget(headers: readonly Header[]) {
  const pseudo = (name: string) => headers.find((header) => header.name === name)?.value ?? "";
  const list: HeaderList = headers.flatMap(
    ({ name, value }): HeaderList =>
      name === undefined || value === undefined || name.startsWith(":") ? [] : [[name, value]],
  );
  const [method, scheme, authority, path] = [":method", ":scheme", ":authority", ":path"].map(pseudo) as [
    string,
    string,
    string,
    string,
  ];
  return { method, scheme, authority, path, headers: list };
}

/** An observer that is off is told of nothing, as if the stream had never been. */
function gate(
  observer: StreamObserver,
  isOn: (headers: readonly Header[]) => boolean,
  leave: () => void,
): StreamObserver {
  let on: boolean | undefined;
  return {
    onHeaders: (message, headers, time) => {
      if (message === "request") on ??= isOn(headers);
      if (on !== false) observer.onHeaders(message, headers, time);
    },
    onBody: (...event) => {
      if (on !== false) observer.onBody(...event);
    },
    onTrailers: (...event) => {
      if (on !== false) observer.onTrailers(...event);
    },
    onEnd: (exchange) => {
      if (on === false) leave();
      else observer.onEnd(exchange);
    },
    onAbandoned: () => {
      if (on === false) leave();
      else observer.onAbandoned?.();
    },
    onSkipped: (...event) => {
      if (on !== false) observer.onSkipped?.(...event);
    },
  };
}
