# Un Pod desde el que llamar, en worker-1.
kubectl run cliente --image=nginx --overrides='{"spec":{"nodeName":"worker-1"}}'
kubectl wait --for=condition=Ready pod/cliente --timeout=60s
