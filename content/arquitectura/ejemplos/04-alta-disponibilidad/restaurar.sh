#!/bin/bash
# Restaura una copia de etcd en el nodo de control. Uso: ./restaurar.sh COPIA.db
set -e
copia=$1
nuevo=/var/lib/etcd-restaurado
test -f "$copia"
mkdir -p /root/parados
mv /etc/kubernetes/manifests/*.yaml /root/parados/     # 1. el kubelet para los cuatro
sleep 45
etcdctl snapshot restore "$copia" --data-dir "$nuevo"  # 2. los datos de la copia, en una carpeta nueva
sed -i "s#/var/lib/etcd\$#$nuevo#" /root/parados/etcd.yaml   # 3. etcd leerá de ella
mv /root/parados/*.yaml /etc/kubernetes/manifests/     # 4. y vuelven a arrancar
