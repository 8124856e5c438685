# El manifiesto que hay en la carpeta del estudiante lleva el selector equivocado, y así se aplica.
sed -i 's/app: spink$/app: {{ variant.valor }}/' service-nodeport.yaml
kubectl apply -f service-nodeport.yaml
