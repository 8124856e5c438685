import { toBase64 } from '../../kubernetes/api/base64.ts';
import { fromBase64 } from '../util/encode.ts';
import { JqError, type Json } from './value.ts';

/** @csv, @base64 and their like. */
export function format(name: string, v: Json): string {
  const text = typeof v === 'string' ? v : JSON.stringify(v);
  switch (name) {
    case 'text': return text;
    case 'json': return JSON.stringify(v);
    case 'base64': return toBase64(new TextEncoder().encode(text));
    case 'base64d': return new TextDecoder().decode(fromBase64(text) ?? new Uint8Array());
    case 'csv': return (v as Json[]).map((x) => (typeof x === 'string' ? `"${x.replaceAll('"', '""')}"` : x === null ? '' : String(x))).join(',');
    case 'tsv': return (v as Json[]).map((x) => (x === null ? '' : String(x).replace(/\t/g, '\\t'))).join('\t');
    case 'sh': return (Array.isArray(v) ? v : [v]).map((x) => (typeof x === 'string' ? `'${x.replaceAll("'", "'\\''")}'` : String(x))).join(' ');
    case 'uri': return encodeURIComponent(text);
    case 'html': return text.replace(/[<>&'"]/g, (c) => ({ '<': '&lt;', '>': '&gt;', '&': '&amp;', "'": '&#39;', '"': '&quot;' })[c]!);
    default: throw new JqError(`${name} is not a valid format`);
  }
}
