import type { Admission } from '../index.ts';
export function validatingAdmissionPolicy(_: Admission): void {}
