# Calico, una base de datos, la web que la usa, y dos que no deberían.
kubectl apply -f https://docs.projectcalico.org/manifests/calico.yaml
sleep 60
kubectl create namespace datos
kubectl create namespace fuera
kubectl run bd -n datos --image=nginx --labels=app=bd
kubectl expose pod bd -n datos --port=80
kubectl run web -n datos --image=nginx --labels=app=web
kubectl expose pod web -n datos --port=80
kubectl run informes -n datos --image=nginx --labels=app=informes
kubectl run curioso -n fuera --image=nginx --labels=app=web
kubectl wait -n datos --for=condition=Ready pod/bd pod/web pod/informes --timeout=120s
kubectl wait -n fuera --for=condition=Ready pod/curioso --timeout=120s
