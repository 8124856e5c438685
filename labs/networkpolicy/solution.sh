# Lo que escribe quien lo resuelve, línea a línea, en controlplane.
kubectl exec -n fuera curioso -- curl -s http://bd.datos
kubectl get networkpolicy -n datos
echo '{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"bd","namespace":"datos"},"spec":{"podSelector":{"matchLabels":{"app":"bd"}},"policyTypes":["Ingress"],"ingress":[{"from":[{"podSelector":{}}]}]}}' | kubectl apply -f -
sleep 15
kubectl patch networkpolicy bd -n datos --type=json -p '[{"op":"replace","path":"/spec/ingress","value":[{"from":[{"podSelector":{"matchLabels":{"app":"web"}}}],"ports":[{"port":80}]}]}]'
sleep 5
kubectl exec -n datos informes -- curl -m 3 http://bd
echo '{"apiVersion":"networking.k8s.io/v1","kind":"NetworkPolicy","metadata":{"name":"informes","namespace":"datos"},"spec":{"podSelector":{"matchLabels":{"app":"informes"}},"policyTypes":["Egress"],"egress":[{"ports":[{"port":53,"protocol":"UDP"},{"port":53,"protocol":"TCP"}]}]}}' | kubectl apply -f -
sleep 15
