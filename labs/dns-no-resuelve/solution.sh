# Lo que escribe quien lo resuelve, línea a línea, en su Mac.
kubectl exec cliente -- curl -s -S -m 15 http://spink/actuator/health
kubectl exec cliente -- curl -s http://10.96.244.84/actuator/health
kubectl exec cliente -- cat /etc/resolv.conf
kubectl get endpoints kube-dns -n kube-system
kubectl set selector svc kube-dns -n kube-system k8s-app=kube-dns
sleep 5
kubectl exec cliente -- curl -s -S -m 15 http://spink/actuator/health
kubectl get cm coredns -n kube-system -o yaml | sed 's/kubernetes cl[^ ]* in-addr/kubernetes cluster.local in-addr/' | kubectl replace -f -
kubectl rollout restart deployment coredns -n kube-system
kubectl rollout status deployment coredns -n kube-system
sleep 35
kubectl exec cliente -- curl -s http://spink/actuator/health
kubectl exec -n lejos otro -- curl -s http://spink.default/
