# Un nodo sin capataz, un Pod que se reinicia sin parar, otro que nunca está listo, y uno del que no se sabe dónde escucha.
kubectl apply -f - <<'YAML'
apiVersion: v1
kind: Pod
metadata:
  name: fragil
  labels: { app: fragil }
spec:
  nodeName: worker-1
  containers:
    - name: web
      image: nginx
      livenessProbe:
        httpGet: { path: /, port: 81 }
        initialDelaySeconds: 5
        periodSeconds: 3
        failureThreshold: 2
---
apiVersion: v1
kind: Pod
metadata:
  name: lento
  labels: { app: lento }
spec:
  nodeName: worker-1
  containers:
    - name: web
      image: nginx
      readinessProbe:
        exec: { command: [test, -f, /usr/share/nginx/html/listo.html] }
        periodSeconds: 2
---
apiVersion: v1
kind: Service
metadata:
  name: lento
spec:
  selector: { app: lento }
  ports: [{ port: 80 }]
---
apiVersion: v1
kind: Pod
metadata:
  name: misterio
spec:
  nodeName: worker-1
  containers:
    - name: cache
      image: redis:alpine
      command: [redis-server, --port, '{{ variant.puerto }}']
YAML
podman exec worker-2 systemctl stop kubelet
sleep 70
