// resource.Quantity as kubectl needs it: comparing, adding, printing.

const SUFFIX: Record<string, number> = { n: 1e-9, u: 1e-6, m: 1e-3, '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50, Ei: 2 ** 60 };

/** Its value, or undefined when it is no quantity. */
export function parseQuantity(text: string): number | undefined {
  const [, n, suffix] = /^([-+]?(?:\d+\.?\d*|\.\d+))(?:([numkMGTPE]|[KMGTPE]i)|[eE]([-+]?\d+))?$/.exec(text) ?? [];
  if (n === undefined) return undefined;
  const exponent = /[eE]([-+]?\d+)$/.exec(text)?.[1];
  return exponent !== undefined && !suffix ? Number(text) : Number(n) * SUFFIX[suffix ?? '']!;
}

export type QuantityFormat = 'binary' | 'decimal';

/** The canonical form: 100m, 1500m, 2, 70Mi. */
export function formatQuantity(value: number, format: QuantityFormat = 'decimal'): string {
  if (value === 0) return '0';
  if (format === 'binary' && Math.abs(value) >= 1024 && Number.isInteger(value)) {
    for (const s of ['Ei', 'Pi', 'Ti', 'Gi', 'Mi', 'Ki']) if (value % SUFFIX[s]! === 0) return `${value / SUFFIX[s]!}${s}`;
    return String(value);
  }
  if (!Number.isInteger(round(value))) {
    for (const s of ['m', 'u', 'n']) {
      const scaled = round(value / SUFFIX[s]!);
      if (Number.isInteger(scaled)) return `${scaled}${s}`;
    }
    return `${Math.ceil(value / 1e-9)}n`;
  }
  const whole = round(value);
  if (format === 'binary') return String(whole);
  for (const s of ['E', 'P', 'T', 'G', 'M', 'k']) if (whole % SUFFIX[s]! === 0) return `${whole / SUFFIX[s]!}${s}`;
  return String(whole);
}

/** How a quantity was written, which its sums keep. */
export function formatOf(text: string): QuantityFormat {
  return /i$/.test(text) ? 'binary' : 'decimal';
}

function round(n: number): number {
  return Math.round(n * 1e6) / 1e6 === Math.round(n) ? Math.round(n) : Number(n.toPrecision(15));
}
