-- The roles themselves stay: they belong to the server (see doc.go).
DO $$
DECLARE
  role_name text;
BEGIN
  EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO PUBLIC', current_database());
  FOREACH role_name IN ARRAY ARRAY[
    'authway_login', 'authway_consent', 'authway_token', 'authway_admin', 'authway_maintenance'
  ] LOOP
    EXECUTE format('REVOKE USAGE ON SCHEMA public FROM %I', role_name);
    EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM %I', current_database(), role_name);
  END LOOP;
END
$$;
