# Un Deployment con historia, un scheduler que no arranca, y un Pod que pide demasiado.
kubectl create deployment valioso --image=nginx --replicas=1
kubectl annotate deployment valioso curso/origen=primera-version
kubectl rollout status deployment valioso
podman exec control-plane sed -i 's#--kubeconfig=/etc/kubernetes/scheduler.conf#--kubeconfig=/etc/kubernetes/{{ variant.archivo }}#' /etc/kubernetes/manifests/kube-scheduler.yaml
sleep 40
kubectl create deployment cola --image=nginx --replicas=2
kubectl create serviceaccount lector
kubectl run gigante --image=nginx --overrides='{"spec":{"containers":[{"name":"gigante","image":"nginx","resources":{"requests":{"cpu":"{{ variant.cpu }}"}}}]}}'
sleep 5
