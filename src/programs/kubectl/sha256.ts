export { sha256Hex as sha256 } from '../../kubernetes/runtime/sha256.ts';
