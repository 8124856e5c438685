import { toBase64 } from '../api/base64.ts';
import type { Certificate } from '../../linux/net/tls.ts';
import { bytesToBase64, subjectPublicKeyInfo } from './certificate-request.ts';
import { sha256Hex } from './sha256.ts';

/**
 * Certificates and keys as files. The simulator's TLS knows certificates as facts; here they are written as PEM whose body is
 * those facts (a real one is DER), so that a kubeconfig can be taken apart, copied and broken as a real one.
 */
export function certificatePem(certificate: Certificate): string {
  return pem('CERTIFICATE', JSON.stringify(certificate));
}

/** The first certificate of a PEM text; undefined when there is none that can be read. */
export function readCertificate(text: string): Certificate | undefined {
  const body = /-----BEGIN CERTIFICATE-----([\s\S]*?)-----END CERTIFICATE-----/.exec(text)?.[1];
  if (body === undefined) return undefined;
  try {
    const found = JSON.parse(fromBase64(body)) as Certificate;
    return typeof found.cn === 'string' && typeof found.ca === 'string' ? found : undefined;
  } catch {
    return undefined;
  }
}

export function privateKeyPem(owner: string): string {
  return pem('RSA PRIVATE KEY', Array.from({ length: 12 }, (_, i) => sha256Hex(`key ${owner} ${i}`)).join(''));
}

export function publicKeyPem(owner: string): string {
  return armour('PUBLIC KEY', bytesToBase64(subjectPublicKeyInfo(owner)));
}

/** Whose public key a certificate carries: an authority that is made anew under the same name has another one. */
export function keyOwner({ cn, notBefore = 0 }: Certificate): string {
  return `${cn} ${notBefore}`;
}

export function fromBase64(text: string): string {
  const bytes: number[] = [];
  let value = 0, bits = 0;
  for (const c of text) {
    const digit = ALPHABET.indexOf(c === '-' ? '+' : c === '_' ? '/' : c);
    if (digit < 0) continue;
    value = ((value << 6) | digit) & 0xffffff;
    if ((bits += 6) >= 8) bytes.push((value >> (bits -= 8)) & 255);
  }
  return new TextDecoder('utf-8').decode(new Uint8Array(bytes));
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function pem(kind: string, content: string): string {
  return armour(kind, toBase64(content));
}

function armour(kind: string, base64: string): string {
  return `-----BEGIN ${kind}-----\n${base64.replace(/.{64}/g, '$&\n').trimEnd()}\n-----END ${kind}-----\n`;
}
