import type { KubeObject } from '../../api/types.ts';

/** The controller's flags about classes. */
export interface ClassFlags {
  controller: string;
  annotationValue: string;
  watchWithoutClass: boolean;
}

/** Which class makes the Ingress this controller's, or why it is not (store.GetIngressClass). `has`: one of its IngressClasses. */
export function classOf(ingress: KubeObject, flags: ClassFlags, has: (name: string) => boolean): { name: string } | { error: string } {
  const wanted = ingress.spec.ingressClassName as string | undefined, annotation = ingress.metadata.annotations?.['kubernetes.io/ingress.class'];
  if (wanted !== undefined) return has(wanted) ? { name: wanted } : { error: `no object matching key ${JSON.stringify(wanted)} in local store` };
  if (annotation !== undefined) return annotation === flags.annotationValue ? { name: annotation } : { error: 'ingress class annotation is not equal to the expected by Ingress Controller' };
  return flags.watchWithoutClass ? { name: '_' } : { error: 'ingress does not contain a valid IngressClass' };
}
