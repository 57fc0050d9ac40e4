/** The most bytes of a reason for which lines hold no event, and of an example. */
export const REASON_BYTES = 116, EXAMPLE_BYTES = 128;
