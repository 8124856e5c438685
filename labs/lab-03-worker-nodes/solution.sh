# Lo que escribe quien lo resuelve, línea a línea, en su Mac.
kubectl get nodes
kubectl describe node worker-2 | grep -A6 Conditions
podman exec worker-2 systemctl status kubelet
podman exec worker-2 systemctl start kubelet
sleep 15
podman exec worker-1 crictl pods --name kube-proxy
kubectl describe pod fragil | tail -6
kubectl get pod fragil -o yaml | sed 's/port: 81/port: 80/' > f.yaml
kubectl replace --force -f f.yaml
kubectl wait --for=condition=Ready pod/fragil
sleep 20
kubectl exec lento -- touch /usr/share/nginx/html/listo.html
sleep 5
podman exec worker-1 sh -c 'nsenter -t $(crictl inspect $(crictl ps -q --name cache) | jq .info.pid) -n ss -ltn'
kubectl drain worker-2 --ignore-daemonsets
kubectl rollout status deployment spink
