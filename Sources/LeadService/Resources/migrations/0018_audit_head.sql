-- Where the audit's chain ends, under a key the database does not have, so that a cut end shows.

CREATE TABLE audit_head (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    position bigint  NOT NULL CHECK (position > 0),
    hash     bytea   NOT NULL CHECK (octet_length(hash) = 32),
    mac      bytea   NOT NULL CHECK (octet_length(mac) = 32)
);
COMMENT ON TABLE audit_head IS 'The newest link, written with each batch of links; mac = HMAC over position and hash';

-- The application only moves it forward, to the chain's last link.
CREATE FUNCTION move_audit_head(new_position bigint, new_hash bytea, new_mac bytea) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM audit_links WHERE position = new_position AND hash = new_hash)
        OR new_position < (SELECT max(position) FROM audit_links) THEN
        RAISE EXCEPTION 'the chain does not end there';
    END IF;
    INSERT INTO audit_head AS h (position, hash, mac) VALUES (new_position, new_hash, new_mac)
    ON CONFLICT (one) DO UPDATE SET position = excluded.position, hash = excluded.hash, mac = excluded.mac
    WHERE h.position < excluded.position;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the head only moves forward';
    END IF;
END
$$;
REVOKE ALL ON FUNCTION move_audit_head FROM PUBLIC;
GRANT EXECUTE ON FUNCTION move_audit_head TO huifang_app;
GRANT SELECT ON audit_head TO huifang_app, huifang_reader;
