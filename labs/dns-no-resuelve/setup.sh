# Dos averías en el DNS, una detrás de otra: el Service no encuentra a CoreDNS, y CoreDNS sirve una zona que no es.
kubectl run cliente --image=nginx
kubectl create namespace lejos
kubectl run otro --image=nginx -n lejos
kubectl get cm coredns -n kube-system -o yaml | sed 's/kubernetes cluster.local/kubernetes {{ variant.zona }}/' | kubectl replace -f -
kubectl rollout restart deployment coredns -n kube-system
kubectl rollout status deployment coredns -n kube-system --timeout=60s
kubectl patch svc kube-dns -n kube-system -p '{"spec":{"selector":{"k8s-app":"coredns"}}}'
sleep 5
