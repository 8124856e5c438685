/** π with so many significant digits, the last one rounded (Machin: 16 arctan 1/5 − 4 arctan 1/239). */
export function pi(digits: number): string {
  const guard = 10n, scale = 10n ** (BigInt(digits) + guard);
  const value = 4n * (4n * arctan(5n, scale) - arctan(239n, scale));
  const cut = 10n ** (guard + 1n);
  const text = String((value + cut / 2n) / cut);
  return digits === 1 ? text : `${text[0]}.${text.slice(1)}`;
}

function arctan(x: bigint, scale: bigint): bigint {
  let term = scale / x, sum = term, n = 3n, sign = -1n;
  while (term !== 0n) {
    term /= x * x;
    sum += sign * (term / n);
    sign = -sign;
    n += 2n;
  }
  return sum;
}
