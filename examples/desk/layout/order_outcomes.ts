/** What became of an order; nobody has decided at first. */
export const ORDER_OUTCOMES = ["open", "filled", "refused"] as const;
