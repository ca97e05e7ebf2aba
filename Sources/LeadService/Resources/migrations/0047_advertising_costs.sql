-- What advertisements cost, so that an inquiry of each source has a price.

CREATE TABLE advertising_costs (
    day      date        NOT NULL,
    source   text        NOT NULL CHECK (char_length(source) BETWEEN 1 AND 200),
    campaign text        NOT NULL CHECK (char_length(campaign) <= 200),
    fen      bigint      NOT NULL CHECK (fen BETWEEN 0 AND 99999999999),
    set_at   timestamptz NOT NULL,
    PRIMARY KEY (day, source, campaign)
);
COMMENT ON TABLE advertising_costs IS 'Spend by day in Shanghai, source as short_source names it and campaign, as files handed it in; the last file counts';
GRANT SELECT, INSERT, UPDATE ON advertising_costs TO huifang_app;
GRANT SELECT ON advertising_costs TO huifang_reader;
