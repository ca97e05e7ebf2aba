import Postgres

extension FsckCheck {
    /// Files of exports: whole where they are offered, and nowhere else.
    static let exports = [
        FsckCheck("I7", "export_not_whole", "an export offers a file of which parts are missing") { _ in
            """
            SELECT j.id::text FROM export_jobs j
            WHERE j.state = 'done' AND j.chunks <> (SELECT count(*) FROM export_chunks c
                                                    WHERE c.job_id = j.id AND c.position < j.chunks AND c.is_last = (c.position = j.chunks - 1))
            LIMIT 1000
            """
        },
        FsckCheck("I7", "file_of_no_export", "parts of a file are left of an export that offers none") { _ in
            """
            SELECT id::text FROM export_jobs j
            WHERE state NOT IN ('running', 'queued', 'done') AND EXISTS (SELECT FROM export_chunks c WHERE c.job_id = j.id) LIMIT 1000
            """
        },
        FsckCheck("I7", "export_of_erased", "a stored file holds somebody who was erased after it was made") { _ in
            """
            SELECT j.id::text FROM export_jobs j JOIN export_leads x ON x.export_id = j.id JOIN leads l ON l.id = x.lead_id
            WHERE j.state = 'done' AND l.erased_at >= j.started_at LIMIT 1000
            """
        },
    ]
}
