# Lo que escribe quien lo resuelve, línea a línea, en el cliente.
curl http://192.168.88.243:30080/
kubectl get endpoints -A
kubectl logs -n envoy-gateway-system deploy/envoy-default-eg-e41e7b31 -c envoy --tail=1
kubectl scale deployment backend --replicas=3
kubectl rollout status deployment backend
kubectl patch httproute backend --type=json -p '[{"op":"add","path":"/spec/rules/0/filters","value":[{"type":"RequestHeaderModifier","requestHeaderModifier":{"set":[{"name":"X-Curso","value":"hola"}]}}]}]'
sleep 5
curl -H 'X-Forwarded-For: 203.0.113.9' http://192.168.88.243:30080/
