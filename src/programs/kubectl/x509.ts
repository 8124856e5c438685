// The subject of a certificate request (RFC 2986), as far as `describe csr` shows it.

const NAMES: Record<string, string> = { '2.5.4.3': 'CN', '2.5.4.5': 'serialNumber', '2.5.4.6': 'C', '2.5.4.7': 'L', '2.5.4.8': 'ST', '2.5.4.9': 'street', '2.5.4.10': 'O', '2.5.4.11': 'OU', '2.5.4.17': 'postalCode' };

/** Attributes by their short names; empty when the bytes are no PEM request. */
export function requestSubject(pem: Uint8Array): Map<string, string[]> {
  const out = new Map<string, string[]>();
  const body = /-----BEGIN [A-Z ]*CERTIFICATE REQUEST-----([\s\S]*?)-----END/.exec(new TextDecoder('latin1').decode(pem))?.[1];
  const der = body === undefined ? undefined : base64Bytes(body.replace(/\s/g, ''));
  if (!der) return out;
  try {
    const info = children(der, element(der, 0))[0]!;
    const subject = children(der, info)[1]!;
    for (const set of children(der, subject)) for (const pair of children(der, set)) {
      const [type, value] = children(der, pair);
      const name = NAMES[oid(der.slice(type!.from, type!.to))];
      if (name) out.set(name, [...(out.get(name) ?? []), new TextDecoder().decode(der.slice(value!.from, value!.to))]);
    }
  } catch {
    return out; // not DER
  }
  return out;
}

interface Element {
  from: number;
  to: number;
}

function element(der: Uint8Array, at: number): Element {
  let length = der[at + 1]!, from = at + 2;
  if (length & 0x80) {
    const n = length & 0x7f;
    length = 0;
    for (let i = 0; i < n; i++) length = length * 256 + der[from++]!;
  }
  if (Number.isNaN(length) || from + length > der.length) throw new RangeError('truncated');
  return { from, to: from + length };
}

function children(der: Uint8Array, parent: Element): Element[] {
  const out: Element[] = [];
  for (let at = parent.from; at < parent.to; ) {
    const child = element(der, at);
    out.push(child);
    at = child.to;
  }
  return out;
}

function oid(bytes: Uint8Array): string {
  const out = [Math.floor(bytes[0]! / 40), bytes[0]! % 40];
  for (let i = 1, value = 0; i < bytes.length; i++) {
    value = value * 128 + (bytes[i]! & 0x7f);
    if (!(bytes[i]! & 0x80)) {
      out.push(value);
      value = 0;
    }
  }
  return out.join('.');
}
import { base64Bytes } from './base64.ts';
