import { expect, test } from 'vitest';
import { pull } from '../../../src/kubernetes/runtime/registry.ts';
import { formatReference, parseReference, type Reference } from '../../../src/kubernetes/runtime/reference.ts';
import { sha256Hex } from '../../../src/kubernetes/runtime/sha256.ts';

const full = (image: string) => {
  const r = parseReference(image);
  return 'error' in r ? r.error : formatReference(r);
};

test('a short name gets the default registry, namespace and tag', () => {
  expect(full('nginx')).toBe('docker.io/library/nginx:latest');
  expect(full('curlimages/curl:8.5.0')).toBe('docker.io/curlimages/curl:8.5.0');
  expect(full('localhost/spink:1.0.1')).toBe('localhost/spink:1.0.1');
  expect(full('registry.k8s.io/pause:3.9')).toBe('registry.k8s.io/pause:3.9');
  expect(full('Nginx:latest')).toBe('invalid reference format: repository name must be lowercase');
});

test('what a registry says of an image it does not have, in the words of containerd', () => {
  const error = (image: string) => pull(parseReference(image) as Reference) as { error: string };
  expect(error('nginx:9.99').error).toBe('rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/nginx:9.99": failed to resolve reference "docker.io/library/nginx:9.99": docker.io/library/nginx:9.99: not found');
  expect(error('nosuch:1').error).toBe('rpc error: code = Unknown desc = failed to pull and unpack image "docker.io/library/nosuch:1": failed to resolve reference "docker.io/library/nosuch:1": pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed');
});

test('sha256 as everybody computes it', () => {
  expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});
