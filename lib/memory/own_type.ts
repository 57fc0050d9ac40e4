/**
 * Marks the library's own types. They work on the memory itself: on a read-only attachment too, where it is fast to
 * read and a write kills the process. So they never write there, and hand out only `Views.lent`, or views made of it.
 * All other types get lent memory from the start.
 */
export const OWN_TYPE: unique symbol = Symbol("own type");
