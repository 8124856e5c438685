/** gRPC errors as etcd words them: 'etcdserver: mvcc: required revision has been compacted' … */
export class EtcdError extends Error {}
