#!/usr/bin/env bash
# Sourced by Amazon MWAA before every Airflow process; what it exports reaches that process. PYTHONPATH is protected
# there and not needed: include/ travels in plugins.zip, and the plugins folder is on the path.
#
# Airflow configuration options of the environment that this reads (section "attribution", see docs/deploy.md):
#   attribution.database_secret         Secrets Manager id; JSON with ANALYTICS_DB_URL and ANALYTICS_CONTROL_URL, and
#                                       ATTRIBUTION_FERNET_KEY where workers have no key of Airflow's
#   attribution.allowed_platform_hosts  optional, as ALLOWED_PLATFORM_HOSTS
#   attribution.alerts_email            optional, as ATTRIBUTION_ALERTS_EMAIL
#   attribution.alerts_slack_conn       optional, as ATTRIBUTION_ALERTS_SLACK_CONN
#   attribution.reports                 optional, as ATTRIBUTION_REPORTS
#
# No `set -e` and no `exit`: both would end MWAA's own shell. Values are never printed.

export ALLOWED_PLATFORM_HOSTS="${AIRFLOW__ATTRIBUTION__ALLOWED_PLATFORM_HOSTS:-}"
export ATTRIBUTION_ALERTS_EMAIL="${AIRFLOW__ATTRIBUTION__ALERTS_EMAIL:-}"
export ATTRIBUTION_REPORTS="${AIRFLOW__ATTRIBUTION__REPORTS:-}"
export ATTRIBUTION_ALERTS_SLACK_CONN="${AIRFLOW__ATTRIBUTION__ALERTS_SLACK_CONN:-}"

if [[ -z "${AIRFLOW__ATTRIBUTION__DATABASE_SECRET:-}" ]]; then
  echo "startup.sh: attribution.database_secret is not set; jobs will have no database" >&2
else
  while IFS= read -r -d '' assignment; do
    export "${assignment?}"
  done < <(python3 - "$AIRFLOW__ATTRIBUTION__DATABASE_SECRET" <<'PY'
import json
import sys

import boto3

secret = boto3.client("secretsmanager").get_secret_value(SecretId=sys.argv[1])
urls = json.loads(secret["SecretString"])
names = ("ANALYTICS_DB_URL", "ANALYTICS_CONTROL_URL")
missing = [name for name in names if not urls.get(name)]
if missing:
    sys.exit(f"startup.sh: the secret {sys.argv[1]} has no {' and no '.join(missing)}")
if urls.get("ATTRIBUTION_FERNET_KEY"):
    names += ("ATTRIBUTION_FERNET_KEY",)
for name in names:
    sys.stdout.write(f"{name}={urls[name]}\0")
PY
  )
  # The default database of tenants. A connection of the same name in the secrets backend would win over this.
  if [[ -n "${ANALYTICS_DB_URL:-}" ]]; then
    export AIRFLOW_CONN_ANALYTICS_DB="$ANALYTICS_DB_URL"
  fi
fi
