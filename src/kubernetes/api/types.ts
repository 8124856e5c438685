/** The shapes every Kubernetes object shares. Fields beyond these are read through the kinds' own types or `any`-free helpers. */
export interface ObjectMeta {
  name: string;
  generateName?: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  /** RFC 3339, seconds: 2026-11-21T08:24:07Z */
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: unknown[];
}

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** A stored object: frozen and shared. To change one, copy what changes and update it through the API. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the schema, not the compiler, knows what a kind holds
export type KubeObject<Spec = any, Status = any> = {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec?: Spec;
  status?: Status;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  [field: string]: any;
};

/** metav1.Status: what the API server answers when it refuses. */
export interface Status {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: Record<string, never>;
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: { name?: string; group?: string; kind?: string; uid?: string; causes?: { reason?: string; message?: string; field?: string }[]; retryAfterSeconds?: number };
  code?: number;
}
