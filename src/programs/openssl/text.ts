import type { Certificate } from '../../linux/net/tls.ts';
import { modulus, type Subject } from '../../kubernetes/runtime/certificate-request.ts';
import { keyOwner } from '../../kubernetes/runtime/pki.ts';
import { sha256Hex } from '../../kubernetes/runtime/sha256.ts';

/** What `openssl x509 -text` prints of a certificate. Times are microseconds since the epoch. */
export function certificateText(certificate: Certificate, from: number, to: number): string {
  const serial = serialOf(certificate);
  const hex = (bytes: readonly number[], indent: string) => bytes.map((b) => b.toString(16).padStart(2, '0')).join(':').replace(/(?:..:){15}/g, `$&\n${indent}`);
  const sans = certificate.sans?.map((s) => (/^[\d.]+$/.test(s) ? `IP Address:${s}` : `DNS:${s}`)).join(', ');
  const isCa = certificate.ca === certificate.cn && !certificate.sans;
  const extensions: [string, string][] = [
    ['X509v3 Key Usage: critical', `Digital Signature, Key Encipherment${isCa ? ', Certificate Sign' : ''}`], ...(isCa ? [] : [['X509v3 Extended Key Usage: ', `TLS Web ${sans ? 'Server' : 'Client'} Authentication`] as [string, string]]),
    ['X509v3 Basic Constraints: critical', `CA:${isCa ? 'TRUE' : 'FALSE'}`], ...(sans ? [['X509v3 Subject Alternative Name: ', sans] as [string, string]] : []),
  ];
  return [
    'Certificate:', '    Data:', '        Version: 3 (0x2)', `        Serial Number: ${BigInt(`0x${serial}`)} (0x${serial.toLowerCase()})`, '        Signature Algorithm: sha256WithRSAEncryption', `        Issuer: CN = ${certificate.ca}`,
    '        Validity', `            Not Before: ${openSslDate(from)}`, `            Not After : ${openSslDate(to)}`, `        Subject: ${distinguishedName(subjectOf(certificate))}`, '        Subject Public Key Info:', '            Public Key Algorithm: rsaEncryption',
    '                Public-Key: (2048 bit)', '                Modulus:', `                    ${hex([0, ...modulus(keyOwner(certificate))], '                    ')}`, '                Exponent: 65537 (0x10001)', '        X509v3 extensions:',
    ...extensions.flatMap(([name, value]) => [`            ${name}`, `                ${value}`]), '    Signature Algorithm: sha256WithRSAEncryption', '    Signature Value:', `        ${hex(modulus(`signature ${certificate.cn}`), '        ')}`, '',
  ].join('\n');
}
certificateText.subject = subjectOf;
certificateText.serial = serialOf;

/** As crypto/x509 writes a name: the organizations, then the common name. */
function subjectOf({ cn, organizations = [] }: Certificate): Subject {
  return [...organizations.map((o) => ['O', o] as const), ['CN', cn] as const];
}

function serialOf(certificate: Certificate): string {
  return sha256Hex(`serial ${JSON.stringify(certificate)}`).slice(0, 16).replace(/^[89a-f]/, '7').toUpperCase();
}

export function distinguishedName(subject: Subject): string {
  return subject.map(([name, value]) => `${name} = ${/[",+<>;\\]/.test(value) ? `"${value}"` : value}`).join(', ');
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Nov 21 08:01:56 2026 GMT */
export function openSslDate(micros: number): string {
  const d = new Date(micros / 1000), two = (n: number) => String(n).padStart(2, '0');
  return `${MONTHS[d.getUTCMonth()]} ${String(d.getUTCDate()).padStart(2)} ${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())} ${d.getUTCFullYear()} GMT`;
}
