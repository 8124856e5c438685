import { subjectPublicKeyInfo } from '../../kubernetes/runtime/certificate-request.ts';
import { keyOwner, readCertificate } from '../../kubernetes/runtime/pki.ts';
import { sha256Hex } from '../../kubernetes/runtime/sha256.ts';
import { Refused } from './refused.ts';

/** --discovery-token-ca-cert-hash: of the CA's public key in DER (cmd/kubeadm/app/util/pubkeypin), whose bytes are characters as in every pipe here. */
export function caHash(caPem: string): string {
  const ca = readCertificate(caPem);
  if (!ca) throw new Refused('failed to parse CA certificate from kubeconfig: data does not contain any valid RSA or ECDSA certificates');
  return `sha256:${sha256Hex(String.fromCharCode(...subjectPublicKeyInfo(keyOwner(ca))))}`;
}
