/** What prices are in, behind a coin's name. */
const QUOTES = /(USDT|USDC|FDUSD|BUSD|TUSD|USD)$/;

/** The coin that a future's name begins with: `BTC` of `BTCUSDT`, `BTC-PERPETUAL` or `BTC_USDC-28MAR25`. */
export function coinOf(name: string): string {
  const [base] = name.split(/[-_]/);
  return base.replace(QUOTES, "") || name;
}
