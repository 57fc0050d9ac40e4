/**
 * Marks the library's own types. They work on the memory itself: on a read-only attachment too, where it is fast to
 * read and a write kills the process. So they never write there, and what they hand out is `Views.lent` or made of it.
 * All other types are given what is lent from the start.
 */
export const OWN_TYPE: unique symbol = Symbol("own type");
