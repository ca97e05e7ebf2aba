-- The three roles of the database. `huifang migrate` runs this file with its own login before the migrations,
-- when a role is missing; running it again changes nothing.
--   huifang_owner   owns every object, runs the migrations
--   huifang_app     what `serve` and the other commands act as: no UPDATE, DELETE or TRUNCATE on the audit
--   huifang_reader  reads everything: auditors, backups
DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['huifang_owner', 'huifang_app', 'huifang_reader'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL;
        END;
    END LOOP;
END
$$;
GRANT huifang_owner, huifang_app, huifang_reader TO CURRENT_USER;
