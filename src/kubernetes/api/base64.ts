/** The engine's own base64, which the `esnext` library does not declare. Of strings of bytes (0-255). */
const engine = globalThis as unknown as { atob(text: string): string; btoa(bytes: string): string };

export const atob = (text: string): string => engine.atob(text);
export const btoa = (bytes: string): string => engine.btoa(bytes);

/** Of bytes, or of the UTF-8 of a text. */
export function toBase64(data: string | Uint8Array): string {
  let bytes = '';
  for (const byte of typeof data === 'string' ? new TextEncoder().encode(data) : data) bytes += String.fromCharCode(byte);
  return btoa(bytes);
}

export function base64Url(data: string | Uint8Array): string {
  return toBase64(data).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}
