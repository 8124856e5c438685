import { base64Url } from '../api/base64.ts';
import { sha256 } from './sha256.ts';

/** A JWS of HMAC-SHA256 without its content, in the compact form (RFC 7515, cluster-bootstrap/token/jws): that `secret`, called `id`, vouches for `content`. */
export function detachedJws(content: string, id: string, secret: string): string {
  const header = base64Url(`{"alg":"HS256","kid":${JSON.stringify(id)}}`);
  const signature = hmacSha256(secret, `${header}.${base64Url(content)}`);
  return `${header}..${base64Url(signature)}`;
}

/** RFC 2104; the key has at most 64 bytes. */
function hmacSha256(key: string, text: string): Uint8Array {
  const encoder = new TextEncoder(), block = new Uint8Array(64);
  block.set(encoder.encode(key));
  const keyed = (pad: number, data: Uint8Array) => sha256(new Uint8Array([...block.map((b) => b ^ pad), ...data]));
  return keyed(0x5c, keyed(0x36, encoder.encode(text)));
}
