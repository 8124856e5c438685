import type { KubeObject } from '../../../kubernetes/api/types.ts';
import { base64Bytes } from '../base64.ts';
import { humanDuration, rfc1123 } from '../duration.ts';
import { requestSubject } from '../x509.ts';
import { events, formatLabels, type Events, type Writer } from './writer.ts';

/* eslint-disable @typescript-eslint/no-explicit-any */
export function certificateSigningRequest(w: Writer, csr: KubeObject, list: Events): void {
  const { metadata, spec, status = {} } = csr;
  w.field('Name', metadata.name);
  w.field('Labels', formatLabels(metadata.labels));
  w.field('Annotations', formatLabels(metadata.annotations));
  w.field('CreationTimestamp', rfc1123(metadata.creationTimestamp));
  w.field('Requesting User', spec.username ?? '');
  if (spec.signerName) w.field('Signer', spec.signerName);
  if (spec.expirationSeconds !== undefined) w.field('Requested Duration', humanDuration(spec.expirationSeconds * 1e6));
  const types = (status.conditions ?? []).map((c: any) => c.type) as string[];
  w.field('Status', `${types.includes('Denied') ? 'Denied' : types.includes('Approved') ? 'Approved' : 'Pending'}${types.includes('Failed') ? ',Failed' : ''}${status.certificate ? ',Issued' : ''}`);
  w.w(0, 'Subject:\n');
  const subject = requestSubject(base64Bytes(spec.request) ?? new Uint8Array());
  w.w(0, `\tCommon Name:\t${subject.get('CN')?.[0] ?? ''}\n`);
  w.w(0, `\tSerial Number:\t${subject.get('serialNumber')?.[0] ?? ''}\n`);
  for (const [title, field] of [['Organization', 'O'], ['Organizational Unit', 'OU'], ['Country', 'C'], ['Locality', 'L'], ['Province', 'ST'], ['StreetAddress', 'street'], ['PostalCode', 'postalCode']] as const) {
    const values = subject.get(field);
    if (values?.length) w.w(0, `\t${title}:\t${values.join('\n\t\t')}\n`);
  }
  events(w, list);
}
