import type { FilterChainConfig, ListenerConfig } from "../config.ts";

/** All filter chains of a listener, the default one last. */
export function listChains({ filterChains, defaultFilterChain }: ListenerConfig): readonly FilterChainConfig[] {
  return defaultFilterChain === undefined ? filterChains : [...filterChains, defaultFilterChain];
}
