# Lo que escribe quien lo resuelve, línea a línea, en su Mac.
kubectl get nodes -o wide
podman exec control-plane ls /etc/kubernetes/manifests
podman exec control-plane ss -ltnp
kubectl get leases -n kube-system
kubectl run vigia --image=nginx --dry-run=client -o yaml | podman exec -i worker-1 sh -c "mkdir -p /etc/kubernetes/manifests; cat > /etc/kubernetes/manifests/vigia.yaml"
sleep 30
kubectl get pod vigia-worker-1 -o wide
kubectl create deployment plaza --image=nginx --replicas=3
kubectl rollout status deployment plaza
kubectl get events -o custom-columns=QUIÉN:.reportingComponent,QUÉ:.reason,OBJETO:.involvedObject.name
