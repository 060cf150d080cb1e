-- Distributes an installation's tables by county over a cluster of Citus (12 or newer). Read README.md beside this file first: it was never run on one.
--
--   psql -v ON_ERROR_STOP=1 -f migrations/postgres/citus/distribute.sql manyi
--
-- On the coordinator, as the owner of the tables, in a database that the service has migrated and that holds no survey yet. A test holds this file
-- against the schema: every table is named once, and the rules of such a cluster hold for it.

BEGIN;

-- On every node: what distributed tables refer to. A row for each county of a survey.
SELECT create_reference_table('campaign_counties');

-- By county, all that is asked for together in one place (co-located): a county's roll, sample, statements and log.
SELECT create_distributed_table('schools', 'county', colocate_with => 'none');
SELECT create_distributed_table('contacts', 'county', colocate_with => 'schools');
SELECT create_distributed_table('contact_schools', 'county', colocate_with => 'schools');
SELECT create_distributed_table('roll_statements', 'county', colocate_with => 'schools');
SELECT create_distributed_table('sampling_strata', 'county', colocate_with => 'schools');
SELECT create_distributed_table('reporting_strata', 'county', colocate_with => 'schools');
SELECT create_distributed_table('issued', 'county', colocate_with => 'schools');
SELECT create_distributed_table('canaries', 'county', colocate_with => 'schools');
SELECT create_distributed_table('delivery_fates', 'county', colocate_with => 'schools');
SELECT create_distributed_table('fate_counts', 'county', colocate_with => 'schools');
SELECT create_distributed_table('reanswers', 'county', colocate_with => 'schools');
SELECT create_distributed_table('slot_alarms', 'county', colocate_with => 'schools');
SELECT create_distributed_table('flags', 'county', colocate_with => 'schools');
SELECT create_distributed_table('texts', 'county', colocate_with => 'schools');
SELECT create_distributed_table('pressure_reports', 'county', colocate_with => 'schools');
SELECT create_distributed_table('evidence_logs', 'county', colocate_with => 'schools');
SELECT create_distributed_table('evidence_leaves', 'county', colocate_with => 'schools');
SELECT create_distributed_table('evidence_references', 'county', colocate_with => 'schools');
SELECT create_distributed_table('evidence_tiles', 'county', colocate_with => 'schools');
SELECT create_distributed_table('checkpoints', 'county', colocate_with => 'schools');
SELECT create_distributed_table('cosignatures', 'county', colocate_with => 'schools');
SELECT create_distributed_table('witness_posts', 'county', colocate_with => 'schools');

-- The answers, whose county is a number: a group of its own.
SELECT create_distributed_table('responses', 'county', colocate_with => 'none');
SELECT create_distributed_table('tallies', 'county', colocate_with => 'responses');
SELECT create_distributed_table('first_tallies', 'county', colocate_with => 'responses');

-- Everything else stays on the coordinator: accounts, campaigns, the trail, imports, messages, documents of the inspection.

COMMIT;
