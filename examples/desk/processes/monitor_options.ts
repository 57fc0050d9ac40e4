/** What the monitor shows, handed over as JSON. */
export interface MonitorOptions {
  /** A view that is drawn over and over, a line a second, or nothing. */
  readonly show: "live" | "lines" | "nothing";
  /** How long the desk runs; null, as JSON has no infinity, for to the end of its input. */
  readonly seconds: number | null;
}
