/** How far a desk may go. Deltas are in coins, the rest in dollars. */
export interface Limits {
  /** The most net delta of a coin, on either side. */
  readonly delta: number;
  /** The most vega, on either side: dollars for 0.01 of volatility. */
  readonly vega: number;
  /** The most that may be lost since the start. */
  readonly loss: number;
  /** The most of the equity that the initial margin may take: 1 is all. */
  readonly marginUse: number;
}

/** Where a desk stands. */
export interface Standing {
  /** Of the coin that is furthest off. */
  readonly delta: number;
  readonly vega: number;
  /** Realised and unrealised, since the start. */
  readonly profit: number;
  /** Collateral and profit. */
  readonly equity: number;
  readonly initialMargin: number;
  readonly maintenanceMargin: number;
}

/** The limits that can be broken. */
export const BREACHES = ["delta", "vega", "loss", "margin", "maintenance"] as const;

/** A limit that is broken. */
export type Breach = typeof BREACHES[number];

/** Those of them that stop all orders; at the others only orders that reduce risk are allowed. */
const STOPPING: readonly Breach[] = ["loss", "maintenance"];

/** The limits that a standing breaks. What is not a number breaks its limit. */
export function breachesOf(standing: Standing, limits: Limits): Breach[] {
  const { delta, vega, profit, equity, initialMargin, maintenanceMargin } = standing;
  const holds: readonly (readonly [Breach, boolean])[] = [
    ["delta", Math.abs(delta) <= limits.delta],
    ["vega", Math.abs(vega) <= limits.vega],
    ["loss", -profit <= limits.loss],
    ["margin", initialMargin <= equity * limits.marginUse],
    ["maintenance", maintenanceMargin <= equity],
  ];
  return holds.filter(([, isKept]) => !isKept).map(([breach]) => breach);
}

/** Whether all orders must stop. */
export function mustStop(breaches: readonly Breach[]): boolean {
  return breaches.some((breach) => STOPPING.includes(breach));
}
