/** The outcome of an order; undecided at first. */
export const ORDER_OUTCOMES = ["open", "filled", "refused"] as const;
