# Lo que escribe quien lo resuelve, línea a línea, en su Mac.
kubectl get pods -o wide
kubectl get pods -n kube-system
podman exec control-plane crictl ps -a
podman exec control-plane grep kubeconfig /etc/kubernetes/manifests/kube-scheduler.yaml
podman exec control-plane sed -i 's#--kubeconfig=/etc/kubernetes/.*#--kubeconfig=/etc/kubernetes/scheduler.conf#' /etc/kubernetes/manifests/kube-scheduler.yaml
sleep 60
kubectl rollout status deployment cola
kubectl create rolebinding lector --clusterrole=view --serviceaccount=default:lector
curl -sk https://127.0.0.1:6443/api/v1/namespaces/default/pods -H "Authorization: Bearer $(kubectl create token lector)" | head -5
kubectl describe pod gigante
kubectl delete pod gigante
kubectl run gigante --image=nginx --overrides='{"spec":{"containers":[{"name":"gigante","image":"nginx","resources":{"requests":{"cpu":"200m"}}}]}}'
kubectl wait --for=condition=Ready pod/gigante
podman exec control-plane mkdir -p /backup /root/parados
podman exec control-plane etcdctl --endpoints=https://127.0.0.1:2379 --cacert=/etc/kubernetes/pki/etcd/ca.crt --cert=/etc/kubernetes/pki/etcd/server.crt --key=/etc/kubernetes/pki/etcd/server.key snapshot save /backup/lab.db
kubectl delete deployment valioso
podman exec control-plane sh -c 'mv /etc/kubernetes/manifests/*.yaml /root/parados/; sleep 45'
podman exec control-plane etcdctl snapshot restore /backup/lab.db --data-dir /var/lib/etcd-nuevo
podman exec control-plane sh -c 'sed -i "s#/var/lib/etcd\$#/var/lib/etcd-nuevo#" /root/parados/etcd.yaml; mv /root/parados/*.yaml /etc/kubernetes/manifests/; sleep 60'
kubectl get deployments
sleep 20
