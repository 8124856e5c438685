import { atob } from '../base64.ts';
import { type FieldError, GoLiteral, invalidValue, notSupported, requiredValue } from '../field-errors.ts';
import type { Any } from './rules.ts';

const USAGES = ['any', 'cert sign', 'client auth', 'code signing', 'content commitment', 'crl sign', 'data encipherment', 'decipher only', 'digital signature', 'email protection', 'encipher only', 'ipsec end system', 'ipsec tunnel', 'ipsec user', 'key agreement', 'key encipherment', 'microsoft sgc', 'netscape sgc', 'ocsp signing', 's/mime', 'server auth', 'signing', 'timestamping'];

/** ValidateCertificateSigningRequestCreate (pkg/apis/certificates/validation). */
export function validateSigningRequest({ spec }: Any): FieldError[] {
  const out: FieldError[] = [];
  if (!spec.request) out.push(requiredValue('spec.request', ''));
  else if (!/^-----BEGIN (NEW )?CERTIFICATE REQUEST-----/.test(decodeText(spec.request))) out.push(invalidValue('spec.request', new GoLiteral(goBytes(spec.request)), 'PEM block type must be CERTIFICATE REQUEST'));
  if (!spec.usages?.length) out.push(requiredValue('spec.usages', 'usages must be specified'));
  (spec.usages as string[] | undefined)?.forEach((u, i) => {
    if (!USAGES.includes(u)) out.push(notSupported(`spec.usages[${i}]`, u, USAGES));
  });
  if (!spec.signerName) out.push(requiredValue('spec.signerName', 'must be in the form <signer-domain>/<path>'));
  else if (!spec.signerName.includes('/')) out.push(invalidValue('spec.signerName', spec.signerName, 'must be a fully qualified domain and path of the form \'example.com/signer-name\''));
  if (spec.expirationSeconds !== undefined && spec.expirationSeconds < 600) out.push(invalidValue('spec.expirationSeconds', spec.expirationSeconds, 'may not specify a duration less than 600 seconds (10 minutes)'));
  return out;
}

/** Go's %#v of the bytes that base64 text stands for. */
function goBytes(base64: string): string {
  return `[]byte{${[...decodeText(base64)].map((c) => `0x${c.charCodeAt(0).toString(16)}`).join(', ')}}`;
}

function decodeText(base64: string): string {
  try {
    return atob(base64);
  } catch {
    return '';
  }
}
