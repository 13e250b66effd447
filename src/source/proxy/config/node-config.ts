/** Who a proxy is to others: `node` of its bootstrap. */
export interface NodeConfig {
  readonly id: string;
  readonly cluster: string;
}
