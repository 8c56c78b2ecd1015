DO $$
BEGIN
  EXECUTE 'CREATE OR REPLACE VIEW sealed_values AS '
    || regexp_replace(pg_get_viewdef('sealed_values'::regclass), '\s*UNION ALL\s+SELECT ''client_secrets\.sealed''.*$', '');
END
$$;
DROP TABLE declared_clients;
DROP TABLE client_usage;
DROP TABLE client_secrets;
