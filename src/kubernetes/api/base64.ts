/** The engine's own base64, which the `esnext` library does not declare. Of strings of bytes (0-255). */
const engine = globalThis as unknown as { atob(text: string): string; btoa(bytes: string): string };

export const atob = (text: string): string => engine.atob(text);
export const btoa = (bytes: string): string => engine.btoa(bytes);

/** Of UTF-8 text. */
function encodeText(text: string): string {
  let bytes = '';
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte);
  return btoa(bytes);
}

export function base64Url(text: string): string {
  return encodeText(text).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}
