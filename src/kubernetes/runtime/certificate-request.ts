import { sha256Hex } from './sha256.ts';

/**
 * PKCS #10 certificate requests in DER (RFC 2986), so that kubectl, ours or a real one, can read the subject. The modulus and
 * the signature are made of the key's text: they have the right size and belong to the key, and no mathematics behind them.
 */
export type Subject = readonly (readonly [attribute: string, value: string])[];

const ATTRIBUTES: Record<string, number[]> = { CN: [0x55, 4, 3], serialNumber: [0x55, 4, 5], C: [0x55, 4, 6], L: [0x55, 4, 7], ST: [0x55, 4, 8], O: [0x55, 4, 10], OU: [0x55, 4, 11] };
export const ATTRIBUTE_NAMES: ReadonlySet<string> = new Set(Object.keys(ATTRIBUTES));
const RSA = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1], SHA256_RSA = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11];

export function requestPem(subject: Subject, key: string): string {
  const name = sequence(...subject.map(([attribute, value]) => tag(0x31, sequence(tag(6, ATTRIBUTES[attribute]!), tag(attribute === 'C' ? 0x13 : 0x0c, [...new TextEncoder().encode(value)])))));
  const info = sequence(tag(2, [0]), name, subjectPublicKeyInfo(key), tag(0xa0, []));
  const der = sequence(info, sequence(tag(6, SHA256_RSA), tag(5, [])), tag(3, [0, ...digits(`signature ${key}`)]));
  const body = bytesToBase64(der).replace(/.{64}/g, '$&\n').trimEnd();
  return `-----BEGIN CERTIFICATE REQUEST-----\n${body}\n-----END CERTIFICATE REQUEST-----\n`;
}

/** A public key in DER (RFC 5280, SubjectPublicKeyInfo). `key`: the text that the modulus is made of. */
export function subjectPublicKeyInfo(key: string): number[] {
  return sequence(sequence(tag(6, RSA), tag(5, [])), tag(3, [0, ...sequence(tag(2, [0, ...modulus(key)]), tag(2, [1, 0, 1]))]));
}

/** The subject's attributes in order; undefined when the text holds no request. */
export function requestSubject(pem: string): [string, string][] | undefined {
  const body = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----([\s\S]*?)-----END/.exec(pem)?.[1];
  if (body === undefined) return undefined;
  try {
    const der = base64ToBytes(body);
    const name = children(children(children(der)[0]!)[0]!)[1]!;
    return children(name).map((set) => {
      const [type, value] = children(children(set)[0]!) as [Uint8Array, Uint8Array];
      const attribute = Object.entries(ATTRIBUTES).find(([, oid]) => oid.every((b, i) => type[i] === b))?.[0] ?? 'UNKNOWN';
      return [attribute, new TextDecoder().decode(value)];
    });
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return undefined;
    throw error;
  }
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

export function bytesToBase64(bytes: readonly number[]): string {
  let out = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const n = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0), left = bytes.length - i;
    out += ALPHABET[n >> 18]! + ALPHABET[(n >> 12) & 63]! + (left > 1 ? ALPHABET[(n >> 6) & 63]! : '=') + (left > 2 ? ALPHABET[n & 63]! : '=');
  }
  return out;
}

/** What is no digit of base64 is passed over. */
export function base64ToBytes(text: string): Uint8Array {
  const bytes: number[] = [];
  let value = 0, bits = 0;
  for (const c of text) {
    const digit = ALPHABET.indexOf(c);
    if (digit < 0) continue;
    value = ((value << 6) | digit) & 0xffffff;
    if ((bits += 6) >= 8) bytes.push((value >> (bits -= 8)) & 255);
  }
  return new Uint8Array(bytes);
}

/** The 256 bytes of a key's modulus. */
export function modulus(key: string): number[] {
  const bytes = digits(`modulus ${key}`);
  bytes[0]! |= 0x80;
  bytes[255]! |= 1;
  return bytes;
}

function digits(seed: string): number[] {
  return Array.from({ length: 8 }, (_, i) => sha256Hex(`${seed} ${i}`)).join('').match(/../g)!.map((h) => parseInt(h, 16));
}

function tag(type: number, content: readonly number[]): number[] {
  const n = content.length;
  return [type, ...(n < 128 ? [n] : n < 256 ? [0x81, n] : [0x82, n >> 8, n & 255]), ...content];
}

function sequence(...parts: number[][]): number[] {
  return tag(0x30, parts.flat());
}

/** The contents of the elements in a piece of DER. Throws RangeError when it is cut. */
function children(der: Uint8Array): Uint8Array[] {
  const out: Uint8Array[] = [];
  for (let at = 0; at < der.length; ) {
    let length = der[at + 1]!, from = at + 2;
    if (length & 0x80) {
      const n = length & 0x7f;
      length = 0;
      for (let i = 0; i < n; i++) length = length * 256 + der[from++]!;
    }
    if (Number.isNaN(length) || from + length > der.length) throw new RangeError('truncated DER');
    out.push(der.subarray(from, from + length));
    at = from + length;
  }
  return out;
}
