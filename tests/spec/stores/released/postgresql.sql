CREATE FUNCTION public.audit_record_kept() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$;
CREATE TABLE public.access_token (
    id character varying NOT NULL COLLATE pg_catalog."C",
    digest character varying NOT NULL,
    owner character varying NOT NULL COLLATE pg_catalog."C",
    name character varying,
    note character varying NOT NULL,
    roles json NOT NULL,
    operations json,
    points bigint,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    last_used_at bigint,
    revoked_at bigint,
    revoked_by character varying
);
CREATE TABLE public.access_token_owner (
    subject character varying NOT NULL,
    kind character varying NOT NULL,
    held json NOT NULL,
    groups json NOT NULL,
    entity character varying
);
CREATE TABLE public.audit_head (
    id integer NOT NULL,
    sequence bigint NOT NULL,
    hash character varying NOT NULL
);
CREATE TABLE public.audit_record (
    sequence bigint NOT NULL,
    at character varying NOT NULL,
    kind character varying NOT NULL,
    actor character varying NOT NULL,
    subject character varying NOT NULL,
    details character varying NOT NULL,
    hash character varying NOT NULL
);
CREATE TABLE public.auth_session (
    digest character varying NOT NULL,
    subject character varying NOT NULL,
    kind character varying NOT NULL,
    held json NOT NULL,
    groups json NOT NULL,
    entity character varying,
    expires_at bigint NOT NULL,
    used_at bigint NOT NULL
);
CREATE TABLE public.catalog_entity (
    number integer NOT NULL,
    ref character varying NOT NULL COLLATE pg_catalog."C",
    sort character varying NOT NULL COLLATE pg_catalog."C",
    kind character varying NOT NULL COLLATE pg_catalog."C",
    namespace character varying NOT NULL COLLATE pg_catalog."C",
    words character varying NOT NULL,
    body bytea NOT NULL
);
CREATE TABLE public.catalog_mark (
    key character varying NOT NULL COLLATE pg_catalog."C",
    value character varying NOT NULL COLLATE pg_catalog."C",
    number integer NOT NULL
);
CREATE TABLE public.catalog_problem (
    key character varying NOT NULL COLLATE pg_catalog."C",
    entity character varying COLLATE pg_catalog."C",
    rule character varying NOT NULL,
    severity character varying NOT NULL,
    body bytea NOT NULL
);
CREATE TABLE public.catalog_relation (
    source character varying NOT NULL COLLATE pg_catalog."C",
    type character varying NOT NULL COLLATE pg_catalog."C",
    target character varying NOT NULL COLLATE pg_catalog."C",
    declared boolean NOT NULL
);
CREATE TABLE public.catalog_state (
    id integer NOT NULL,
    digest character varying NOT NULL,
    body bytea NOT NULL
);
CREATE TABLE public.policy_draft (
    key character varying NOT NULL,
    owner character varying NOT NULL,
    parent integer NOT NULL,
    revision integer NOT NULL,
    text character varying NOT NULL,
    created character varying NOT NULL,
    changed character varying NOT NULL
);
CREATE TABLE public.policy_emergency (
    key character varying NOT NULL,
    subject character varying NOT NULL,
    role character varying NOT NULL,
    reason character varying NOT NULL,
    granted_by character varying NOT NULL,
    at character varying NOT NULL,
    expires character varying NOT NULL,
    ended character varying,
    ended_by character varying
);
CREATE TABLE public.policy_version (
    number integer NOT NULL,
    parent integer NOT NULL,
    text character varying NOT NULL,
    digest character varying NOT NULL,
    author character varying NOT NULL,
    at character varying NOT NULL,
    note character varying NOT NULL,
    reverts integer
);
INSERT INTO public.access_token VALUES ('7d13e49c2c9b26ed', '9554ddd533a969392d337873643d80fd1ad195adcea29162e24746f4763c452e', 'ann', NULL, '', '["viewer"]', 'null', NULL, 1795723200, 1795726800, NULL, 1795723200, 'alice');
INSERT INTO public.access_token VALUES ('abb4b88c12c85069', '61f3881a3dee4fcdb3318ce9af2ed97f7a381c762da89c3ce997ee228fbfa6b7', 'ann', 'deployer', 'for the build', '["developer"]', 'null', NULL, 1795723200, 1795726800, 1795723200, NULL, NULL);
INSERT INTO public.access_token_owner VALUES ('ann', 'PERSON', '[]', '[]', NULL);
INSERT INTO public.audit_head VALUES (1, 5, '84579a7741eef250b5991f00f967f818f8532bdd0403d21c26602c362b9df7d5');
INSERT INTO public.audit_record VALUES (1, '2026-11-26T20:00:00.000000Z', 'policy.published', 'alice', '1', '{"digest":"dc2bcd81508709603056d7271f794a4517795361faa882ff3242cbe95025d8cd","note":"the first","parent":0}', '59b3231e89cafbca3293f402398380e2295a02b43e89ef022896c160bf493d22');
INSERT INTO public.audit_record VALUES (2, '2026-11-26T20:00:00.000000Z', 'policy.published', 'bob', '2', '{"digest":"4cc719bf8ce3f69d304f65b3379c7706dab587097a0d8f2aaa69aeec4f82253b","note":"","parent":1}', 'b3cbff95d433963bcacd6751839f1be256bf28b6b7055da33e84ba954f662b7c');
INSERT INTO public.audit_record VALUES (3, '2026-11-26T20:00:00.000000Z', 'policy.reverted', 'alice', '3', '{"digest":"dc2bcd81508709603056d7271f794a4517795361faa882ff3242cbe95025d8cd","note":"back","parent":2,"reverts":1}', '0ed2948da6dd5626720e3d8409425ebeb89d15c13d92a0edce7327b6a66182ad');
INSERT INTO public.audit_record VALUES (4, '2026-11-26T20:00:00.000000Z', 'emergency.granted', 'alice', 'rita', '{"emergency":"29ce2118619fb40a","expires":"2026-11-26T21:00:00.000000Z","reason":"the shop is down","role":"oncall"}', 'cbd1372088ae07a40704f0cfec1bce14377066455d2b919979083336df80cb79');
INSERT INTO public.audit_record VALUES (5, '2026-11-26T20:00:00.000000Z', 'reads.denied', 'vera', 'Query.plugins', '{"count":3,"\u00fcn\u00ef":"\u00f6"}', '84579a7741eef250b5991f00f967f818f8532bdd0403d21c26602c362b9df7d5');
INSERT INTO public.auth_session VALUES ('157e9c09684e35167f36d2b3f95fe04111c72e1d6ee2a305bcb21ce1e6a385d7', 'ann', 'PERSON', '["viewer"]', '[]', NULL, 1795759200, 1795723200);
INSERT INTO public.catalog_entity VALUES (1, 'component:default/web', 'web/component:default/web', 'component', 'default', 'web', '\x7b226e616d6573223a5b22436f6d706f6e656e74222c2264656661756c74222c22776562222c6e756c6c2c6e756c6c5d2c226c6162656c73223a7b7d2c22616e6e6f746174696f6e73223a7b7d2c2274616773223a5b2261225d2c226c696e6b73223a5b5d2c2273706563223a7b2274797065223a2273657276696365222c226c6966656379636c65223a2270726f64756374696f6e222c226f776e6572223a226e6f626f6479227d2c22736f75726365223a5b227765622e79616d6c222c312c2278225d7d');
INSERT INTO public.catalog_mark VALUES ('lifecycle:', 'production', 1);
INSERT INTO public.catalog_mark VALUES ('ownedBy:', 'group:default/nobody', 1);
INSERT INTO public.catalog_mark VALUES ('tag:a', '', 1);
INSERT INTO public.catalog_mark VALUES ('type:', 'service', 1);
INSERT INTO public.catalog_problem VALUES ('web.yaml/000000004/000000046/catalog.dangling-reference/d5d6acd6dd987342bb2768491207c173/1', 'component:default/web', 'catalog.dangling-reference', 'LOW', '\x5b22636174616c6f672e64616e676c696e672d7265666572656e6365222c22737065632e6f776e65722072656665727320746f2067726f75703a64656661756c742f6e6f626f64792c207768696368206e6f20736f7572636520686173222c224c4f57222c22416464206974732064657363726970746f7220746f206120736f757263652c206f72206d656e6420746865206e616d652e222c227765622e79616d6c222c342c34362c22636f6d706f6e656e743a64656661756c742f776562225d');
INSERT INTO public.catalog_relation VALUES ('component:default/web', 'ownedBy', 'group:default/nobody', true);
INSERT INTO public.catalog_relation VALUES ('group:default/nobody', 'ownerOf', 'component:default/web', false);
INSERT INTO public.catalog_state VALUES (1, '7b9ce8a7564353e342f8f90dae934db173d3985a2dffe16289969a53789b4f5e', '\x7b2266696c6573223a312c22646f63756d656e7473223a312c22656e746974696573223a317d');
INSERT INTO public.policy_draft VALUES ('18c4e40f7b9bf401', 'bob', 1, 2, 'p, viewer, permission:core.plugins, read, allow
p, viewer, permission:core.node, read, allow
', '2026-11-26T20:00:00.000000Z', '2026-11-26T20:00:00.000000Z');
INSERT INTO public.policy_emergency VALUES ('29ce2118619fb40a', 'rita', 'oncall', 'the shop is down', 'alice', '2026-11-26T20:00:00.000000Z', '2026-11-26T21:00:00.000000Z', NULL, NULL);
INSERT INTO public.policy_version VALUES (1, 0, 'p, viewer, permission:core.viewer, read, allow
', 'dc2bcd81508709603056d7271f794a4517795361faa882ff3242cbe95025d8cd', 'alice', '2026-11-26T20:00:00.000000Z', 'the first', NULL);
INSERT INTO public.policy_version VALUES (2, 1, 'p, viewer, permission:core.viewer, read, deny
', '4cc719bf8ce3f69d304f65b3379c7706dab587097a0d8f2aaa69aeec4f82253b', 'bob', '2026-11-26T20:00:00.000000Z', '', NULL);
INSERT INTO public.policy_version VALUES (3, 2, 'p, viewer, permission:core.viewer, read, allow
', 'dc2bcd81508709603056d7271f794a4517795361faa882ff3242cbe95025d8cd', 'alice', '2026-11-26T20:00:00.000000Z', 'back', 1);
ALTER TABLE ONLY public.access_token_owner
    ADD CONSTRAINT access_token_owner_pkey PRIMARY KEY (subject);
ALTER TABLE ONLY public.access_token
    ADD CONSTRAINT access_token_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.audit_head
    ADD CONSTRAINT audit_head_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.audit_record
    ADD CONSTRAINT audit_record_pkey PRIMARY KEY (sequence);
ALTER TABLE ONLY public.auth_session
    ADD CONSTRAINT auth_session_pkey PRIMARY KEY (digest);
ALTER TABLE ONLY public.catalog_entity
    ADD CONSTRAINT catalog_entity_pkey PRIMARY KEY (number);
ALTER TABLE ONLY public.catalog_entity
    ADD CONSTRAINT catalog_entity_ref_key UNIQUE (ref);
ALTER TABLE ONLY public.catalog_entity
    ADD CONSTRAINT catalog_entity_sort_key UNIQUE (sort);
ALTER TABLE ONLY public.catalog_mark
    ADD CONSTRAINT catalog_mark_pkey PRIMARY KEY (key, value, number);
ALTER TABLE ONLY public.catalog_problem
    ADD CONSTRAINT catalog_problem_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.catalog_relation
    ADD CONSTRAINT catalog_relation_pkey PRIMARY KEY (source, type, target);
ALTER TABLE ONLY public.catalog_state
    ADD CONSTRAINT catalog_state_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.policy_draft
    ADD CONSTRAINT policy_draft_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.policy_emergency
    ADD CONSTRAINT policy_emergency_pkey PRIMARY KEY (key);
ALTER TABLE ONLY public.policy_version
    ADD CONSTRAINT policy_version_pkey PRIMARY KEY (number);
CREATE INDEX catalog_entity_in_namespace ON public.catalog_entity USING btree (namespace, number);
CREATE INDEX catalog_entity_of_kind ON public.catalog_entity USING btree (kind, number);
CREATE INDEX catalog_mark_of_entity ON public.catalog_mark USING btree (key, number, value);
CREATE UNIQUE INDEX ix_access_token_digest ON public.access_token USING btree (digest);
CREATE INDEX ix_access_token_owner ON public.access_token USING btree (owner);
CREATE INDEX ix_audit_record_actor ON public.audit_record USING btree (actor);
CREATE INDEX ix_audit_record_kind ON public.audit_record USING btree (kind);
CREATE INDEX ix_auth_session_expires_at ON public.auth_session USING btree (expires_at);
CREATE INDEX ix_catalog_problem_entity ON public.catalog_problem USING btree (entity);
CREATE INDEX ix_catalog_problem_rule ON public.catalog_problem USING btree (rule);
CREATE INDEX ix_policy_draft_owner ON public.policy_draft USING btree (owner);
CREATE INDEX ix_policy_emergency_expires ON public.policy_emergency USING btree (expires);
CREATE TRIGGER audit_record_kept BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_record FOR EACH STATEMENT EXECUTE FUNCTION public.audit_record_kept();
