#!/usr/bin/env bash
# Gives Airflow's simple auth manager the password of .env (it would print a generated one to the log otherwise), then
# becomes the api-server.
set -euo pipefail
umask 077

python -c '
import json, os, pathlib
target = pathlib.Path(os.environ["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"])
target.write_text(json.dumps({"admin": os.environ["AIRFLOW_ADMIN_PASSWORD"]}))
'
unset AIRFLOW_ADMIN_PASSWORD
exec airflow api-server
