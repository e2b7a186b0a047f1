//! Damaged records, and secrets in records and reports.
