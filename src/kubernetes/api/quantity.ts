/**
 * resource.Quantity (k8s.io/apimachinery/pkg/api/resource): a decimal number with a suffix. Values are kept as an integer
 * of nano units, which is as fine as Kubernetes goes.
 */
export interface Quantity {
  /** Units times 10⁹. */
  nano: bigint;
  format: 'DecimalSI' | 'BinarySI' | 'DecimalExponent';
}

const NANO = 1_000_000_000n;
const DECIMAL: Record<string, number> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const BINARY: Record<string, bigint> = { Ki: 1n << 10n, Mi: 1n << 20n, Gi: 1n << 30n, Ti: 1n << 40n, Pi: 1n << 50n, Ei: 1n << 60n };

export const FORMAT_WRONG = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX_WRONG = "unable to parse quantity's suffix";

const cache = new Map<string, Quantity | string>();

/** The quantity, or the error's text. */
export function parseQuantity(text: string): Quantity | string {
  let known = cache.get(text);
  if (known === undefined) {
    known = parse(text);
    if (cache.size < 10_000) cache.set(text, known);
  }
  return known;
}

/** As parseQuantity, but 0 of what is no quantity or missing. */
export function quantity(text: string | number | undefined): Quantity {
  if (text === undefined) return { nano: 0n, format: 'DecimalSI' };
  const q = parseQuantity(String(text));
  return typeof q === 'string' ? { nano: 0n, format: 'DecimalSI' } : q;
}

export function compareQuantities(a: string, b: string): number {
  const x = quantity(a).nano, y = quantity(b).nano;
  return x < y ? -1 : x > y ? 1 : 0;
}

export function addQuantities(a: Quantity, b: Quantity): Quantity {
  return { nano: a.nano + b.nano, format: a.nano === 0n ? b.format : a.format };
}

export function subtractQuantities(a: Quantity, b: Quantity): Quantity {
  return { nano: a.nano - b.nano, format: a.nano === 0n ? b.format : a.format };
}

/** The canonical text: 0.5 is `500m`, 1024Mi is `1Gi`, 1000m is `1`. */
export function formatQuantity({ nano, format }: Quantity): string {
  if (nano === 0n) return '0';
  const sign = nano < 0n ? '-' : '', n = nano < 0n ? -nano : nano;
  if (format === 'BinarySI') {
    // Below 1024 a binary quantity is written as a decimal one.
    if (n >= 1024n * NANO && n % NANO === 0n) {
      let value = n / NANO;
      let suffix = '';
      for (const unit of ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']) {
        if (value % 1024n !== 0n) break;
        value /= 1024n;
        suffix = unit;
      }
      return `${sign}${value}${suffix}`;
    }
  }
  let mantissa = n, exponent = -9;
  while (mantissa % 1000n === 0n && exponent < 18) {
    mantissa /= 1000n;
    exponent += 3;
  }
  if (format === 'DecimalExponent') return exponent === 0 ? `${sign}${mantissa}` : `${sign}${mantissa}e${exponent}`;
  return `${sign}${mantissa}${Object.keys(DECIMAL).find((s) => DECIMAL[s] === exponent)}`;
}

/** The text as Kubernetes would print it back; what is no quantity stays as it is. */
export function canonical(text: string): string {
  const q = parseQuantity(text);
  return typeof q === 'string' ? text : formatQuantity(q);
}

function parse(text: string): Quantity | string {
  if (text === '') return FORMAT_WRONG;
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(.*)$/s.exec(text)!;
  const [, sign, whole = '', fraction = '', suffix = ''] = match;
  if (whole === '' && fraction === '') return FORMAT_WRONG;
  if (!/^[eEinumkKMGTP]*[-+]?[0-9]*$/.test(suffix)) return FORMAT_WRONG;
  const digits = BigInt(`${whole}${fraction}` || '0');
  const negative = sign === '-' ? -1n : 1n;
  if (suffix in BINARY) return { nano: negative * ceilDiv(digits * BINARY[suffix]! * NANO, 10n ** BigInt(fraction.length)), format: 'BinarySI' };
  let exponent: number | undefined = DECIMAL[suffix], format: Quantity['format'] = 'DecimalSI';
  if (exponent === undefined) {
    const e = /^[eE]([-+]?\d+)$/.exec(suffix);
    if (!e) return SUFFIX_WRONG;
    exponent = Number(e[1]);
    format = 'DecimalExponent';
  }
  const shift = 9 + exponent - fraction.length;
  const nano = shift >= 0 ? digits * 10n ** BigInt(Math.min(shift, 40)) : ceilDiv(digits, 10n ** BigInt(-shift));
  return { nano: negative * nano, format };
}

function ceilDiv(a: bigint, b: bigint): bigint {
  const q = a / b;
  return a % b === 0n || a < 0n ? q : q + 1n;
}

/** The fields of Go's struct: what is kept of the text is part of the names of ReplicaSets and stands in messages. */
export interface QuantityFields {
  value: bigint;
  scale: number;
  s: string;
  format: string;
}

/** ParseQuantity's fast path: a text in canonical form is kept. */
export function quantityFields(text: string | undefined): QuantityFields {
  if (text === '0') return { value: 0n, scale: 0, s: '0', format: 'DecimalSI' };
  const [, sign, whole, decimals = '', suffix] = /^([+-]?)0*(\d*)(?:\.(\d*))?([KMGTPE]i|[numkMGTPE]?)$/.exec(text ?? '') ?? [];
  if (text === undefined || whole === undefined || suffix === undefined) return { value: 0n, scale: 0, s: '', format: '' };
  const shifted = `${whole}${decimals}`, number = BigInt(shifted || '0'), signed = (n: bigint) => (sign === '-' ? -n : n);
  if (suffix in BINARY) return { value: signed(number * BINARY[suffix]!), scale: 0, s: (number & 7n) === 0n ? '' : text, format: 'BinarySI' };
  const scale = DECIMAL[suffix]! - decimals.length;
  return { value: signed(number), scale, s: scale % 3 === 0 && !shifted.endsWith('000') && !shifted.startsWith('0') ? text : '', format: 'DecimalSI' };
}
