/** Words of the notes that peers of all languages leave: doubles. Those of a mutex's tests are the first three. */

/** The position behind the last record that a consumer saw, and behind the last that it gave back. */
export const SEEN = 16;
export const GIVEN = 17;
/** How often something was wrong. */
export const ERRORS = 32;
