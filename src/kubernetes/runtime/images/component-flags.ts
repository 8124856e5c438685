/** The flags that components of 1.28 know (`--help` of each): loaded when one is given that the simulator does not use itself. Names only; without the leading dashes. */

const words = (text: string) => text.trim().split(/\s+/);

/** k8s.io/component-base: logs, feature gates, version. */
const EVERY = words(`
add-dir-header alsologtostderr feature-gates help log-backtrace-at log-dir log-file log-file-max-size log-flush-frequency log-json-info-buffer-size log-json-split-stream logging-format
logtostderr one-output skip-headers skip-log-headers stderrthreshold v version vmodule allow-metric-labels allow-metric-labels-manifest disabled-metrics show-hidden-metrics-for-version`);

/** k8s.io/apiserver: serving and delegated authentication and authorization, of all that serve HTTPS. */
const SERVING = words(`
bind-address cert-dir http2-max-streams-per-connection permit-address-sharing permit-port-sharing secure-port tls-cert-file tls-cipher-suites tls-min-version tls-private-key-file tls-sni-cert-key
client-ca-file requestheader-allowed-names requestheader-client-ca-file requestheader-extra-headers-prefix requestheader-group-headers requestheader-username-headers contention-profiling profiling`);
const DELEGATED = words(`
authentication-kubeconfig authentication-skip-lookup authentication-token-webhook-cache-ttl authentication-tolerate-lookup-failure authorization-always-allow-paths authorization-kubeconfig
authorization-webhook-cache-authorized-ttl authorization-webhook-cache-unauthorized-ttl`);
const LEADER = words(`
kube-api-burst kube-api-content-type kube-api-qps kubeconfig leader-elect leader-elect-lease-duration leader-elect-renew-deadline leader-elect-resource-lock leader-elect-resource-name
leader-elect-resource-namespace leader-elect-retry-period master`);

export const COMPONENT_FLAGS: Readonly<Record<string, ReadonlySet<string>>> = {
  'kube-apiserver': new Set([...EVERY, ...SERVING, ...words(`
    admission-control admission-control-config-file advertise-address aggregator-reject-forwarding-redirects allow-privileged anonymous-auth api-audiences apiserver-count
    audit-log-batch-buffer-size audit-log-batch-max-size audit-log-batch-max-wait audit-log-batch-throttle-burst audit-log-batch-throttle-enable audit-log-batch-throttle-qps audit-log-compress
    audit-log-format audit-log-maxage audit-log-maxbackup audit-log-maxsize audit-log-mode audit-log-path audit-log-truncate-enabled audit-log-truncate-max-batch-size audit-log-truncate-max-event-size
    audit-log-version audit-policy-file audit-webhook-batch-buffer-size audit-webhook-batch-max-size audit-webhook-batch-max-wait audit-webhook-batch-throttle-burst audit-webhook-batch-throttle-enable
    audit-webhook-batch-throttle-qps audit-webhook-config-file audit-webhook-initial-backoff audit-webhook-mode audit-webhook-truncate-enabled audit-webhook-truncate-max-batch-size
    audit-webhook-truncate-max-event-size audit-webhook-version authentication-token-webhook-cache-ttl authentication-token-webhook-config-file authentication-token-webhook-version authorization-mode
    authorization-policy-file authorization-webhook-cache-authorized-ttl authorization-webhook-cache-unauthorized-ttl authorization-webhook-config-file authorization-webhook-version
    cloud-config cloud-provider cloud-provider-gce-l7lb-src-cidrs cloud-provider-gce-lb-src-cidrs cors-allowed-origins debug-socket-path default-not-ready-toleration-seconds
    default-unreachable-toleration-seconds default-watch-cache-size delete-collection-workers disable-admission-plugins egress-selector-config-file emulated-version enable-admission-plugins
    enable-aggregator-routing enable-bootstrap-token-auth enable-garbage-collector enable-logs-handler enable-priority-and-fairness encryption-provider-config encryption-provider-config-automatic-reload
    endpoint-reconciler-type etcd-cafile etcd-certfile etcd-compaction-interval etcd-count-metric-poll-period etcd-db-metric-poll-interval etcd-healthcheck-timeout etcd-keyfile etcd-prefix
    etcd-readycheck-timeout etcd-servers etcd-servers-overrides event-ttl external-hostname goaway-chance identity-lease-duration-seconds identity-lease-renew-interval-seconds
    kubelet-certificate-authority kubelet-client-certificate kubelet-client-key kubelet-port kubelet-preferred-address-types kubelet-read-only-port kubelet-timeout kubernetes-service-node-port
    lease-reuse-duration-seconds livez-grace-period max-connection-bytes-per-sec max-mutating-requests-inflight max-requests-inflight min-request-timeout oidc-ca-file oidc-client-id oidc-groups-claim
    oidc-groups-prefix oidc-issuer-url oidc-required-claim oidc-signing-algs oidc-username-claim oidc-username-prefix peer-advertise-ip peer-advertise-port peer-ca-file proxy-client-cert-file
    proxy-client-key-file request-timeout runtime-config service-account-extend-token-expiration service-account-issuer service-account-jwks-uri service-account-key-file service-account-lookup
    service-account-max-token-expiration service-account-signing-key-file service-cluster-ip-range service-node-port-range shutdown-delay-duration shutdown-send-retry-after
    shutdown-watch-termination-grace-period storage-backend storage-media-type strict-transport-security-directives token-auth-file tracing-config-file watch-cache watch-cache-sizes`)]),
  'kube-controller-manager': new Set([...EVERY, ...SERVING, ...DELEGATED, ...LEADER, ...words(`
    allocate-node-cidrs allow-untagged-cloud attach-detach-reconcile-sync-period cidr-allocator-type cloud-config cloud-provider cluster-cidr cluster-name cluster-signing-cert-file
    cluster-signing-duration cluster-signing-key-file cluster-signing-kube-apiserver-client-cert-file cluster-signing-kube-apiserver-client-key-file cluster-signing-kubelet-client-cert-file
    cluster-signing-kubelet-client-key-file cluster-signing-kubelet-serving-cert-file cluster-signing-kubelet-serving-key-file cluster-signing-legacy-unknown-cert-file
    cluster-signing-legacy-unknown-key-file concurrent-cron-job-syncs concurrent-deployment-syncs concurrent-endpoint-syncs concurrent-ephemeralvolume-syncs concurrent-gc-syncs
    concurrent-horizontal-pod-autoscaler-syncs concurrent-job-syncs concurrent-namespace-syncs concurrent-rc-syncs concurrent-replicaset-syncs concurrent-resource-quota-syncs
    concurrent-service-endpoint-syncs concurrent-service-syncs concurrent-serviceaccount-token-syncs concurrent-statefulset-syncs concurrent-ttl-after-finished-syncs
    concurrent-validating-admission-policy-status-syncs configure-cloud-routes controller-start-interval controllers disable-attach-detach-reconcile-sync emulated-version enable-dynamic-provisioning
    enable-garbage-collector enable-hostpath-provisioner enable-leader-migration enable-taint-manager endpoint-updates-batch-period endpointslice-updates-batch-period external-cloud-volume-plugin
    flex-volume-plugin-dir horizontal-pod-autoscaler-cpu-initialization-period horizontal-pod-autoscaler-downscale-delay horizontal-pod-autoscaler-downscale-stabilization
    horizontal-pod-autoscaler-initial-readiness-delay horizontal-pod-autoscaler-sync-period horizontal-pod-autoscaler-tolerance horizontal-pod-autoscaler-upscale-delay
    large-cluster-size-threshold leader-migration-config legacy-service-account-token-clean-up-period max-endpoints-per-slice min-resync-period mirroring-concurrent-service-endpoint-syncs
    mirroring-endpointslice-updates-batch-period mirroring-max-endpoints-per-subset namespace-sync-period node-cidr-mask-size node-cidr-mask-size-ipv4 node-cidr-mask-size-ipv6 node-eviction-rate
    node-monitor-grace-period node-monitor-period node-startup-grace-period node-sync-period pod-eviction-timeout pv-recycler-increment-timeout-nfs pv-recycler-minimum-timeout-hostpath
    pv-recycler-minimum-timeout-nfs pv-recycler-pod-template-filepath-hostpath pv-recycler-pod-template-filepath-nfs pv-recycler-timeout-increment-hostpath pvclaimbinder-sync-period
    resource-quota-sync-period root-ca-file route-reconciliation-period secondary-node-eviction-rate service-account-private-key-file service-cluster-ip-range terminated-pod-gc-threshold
    unhealthy-zone-threshold use-service-account-credentials volume-host-allow-local-loopback volume-host-cidr-denylist`)]),
  'kube-scheduler': new Set([...EVERY, ...SERVING, ...DELEGATED, ...LEADER, ...words(`config emulated-version lock-object-name lock-object-namespace pod-max-in-unschedulable-pods-duration write-config-to`)]),
};
