# Lo que escribe quien lo resuelve, línea a línea, en el cliente.
kubectl describe httproute rota
echo '{"apiVersion":"gateway.networking.k8s.io/v1","kind":"HTTPRoute","metadata":{"name":"tienda"},"spec":{"parentRefs":[{"name":"eg"}],"hostnames":["tienda.example"],"rules":[' > r.json
echo '{"matches":[{"path":{"type":"PathPrefix","value":"/viejo"}}],"filters":[{"type":"RequestRedirect","requestRedirect":{"path":{"type":"ReplaceFullPath","replaceFullPath":"/nuevo"},"statusCode":302}}]},' >> r.json
echo '{"matches":[{"path":{"type":"PathPrefix","value":"/api"}}],"filters":[{"type":"URLRewrite","urlRewrite":{"path":{"type":"ReplacePrefixMatch","replacePrefixMatch":"/"}}}],"backendRefs":[{"name":"tienda-v1","port":80}]},' >> r.json
echo '{"matches":[{"path":{"type":"PathPrefix","value":"/canario"}}],"backendRefs":[{"name":"tienda-v1","port":80,"weight":3},{"name":"tienda-v2","port":80,"weight":1}]},' >> r.json
echo '{"matches":[{"path":{"type":"PathPrefix","value":"/v2"}}],"backendRefs":[{"name":"tienda-v2","port":80}]},' >> r.json
echo '{"backendRefs":[{"name":"tienda-v1","port":80}]}]}}' >> r.json
kubectl apply -f r.json
sleep 5
curl -s http://tienda.example:30080/api/pedidos
kubectl patch httproute rota --type=json -p '[{"op":"remove","path":"/spec/parentRefs/0/sectionName"}]'
sleep 15
