#!/usr/bin/env bash
# Runs once, as the superuser, when the analytics server starts with an empty volume: makes the database and the role
# that owns it. That role may make roles (the migrations make the others) but is no superuser, so that row-level
# security binds everybody who logs in later.
set -euo pipefail

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\getenv owner_password ANALYTICS_OWNER_PASSWORD
create role analytics_owner login nosuperuser nocreatedb createrole nobypassrls password :'owner_password';
create database analytics owner analytics_owner;
SQL
