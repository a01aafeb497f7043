BEGIN TRANSACTION;
CREATE TABLE access_token (
	id VARCHAR NOT NULL, 
	digest VARCHAR NOT NULL, 
	owner VARCHAR NOT NULL, 
	name VARCHAR, 
	note VARCHAR NOT NULL, 
	roles JSON NOT NULL, 
	operations JSON, 
	points BIGINT, 
	created_at BIGINT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	last_used_at BIGINT, 
	revoked_at BIGINT, 
	revoked_by VARCHAR, 
	PRIMARY KEY (id)
);
INSERT INTO "access_token" VALUES('c18a679a8df94422','d69df21f99a1a7af4eeb32e61084fc7f48dee56a7a41962113d4dfb5b8c94d0e','ann','deployer','for the build','["developer"]','null',NULL,1795723200,1795726800,1795723200,NULL,NULL);
INSERT INTO "access_token" VALUES('baa8c499144b6cda','49b851812c14d73955d6671469878c001b897658eb22fe8d4580a65d7a3d328f','ann',NULL,'','["viewer"]','null',NULL,1795723200,1795726800,NULL,1795723200,'alice');
CREATE TABLE access_token_owner (
	subject VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	held JSON NOT NULL, 
	groups JSON NOT NULL, 
	entity VARCHAR, 
	PRIMARY KEY (subject)
);
INSERT INTO "access_token_owner" VALUES('ann','PERSON','[]','[]',NULL);
CREATE TABLE audit_head (
	id INTEGER NOT NULL, 
	sequence INTEGER NOT NULL, 
	hash VARCHAR NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "audit_head" VALUES(1,5,'dab241119e769c3d02cc0e9db4fa9e34c5f429b3159adea10b1e2bcfcbd8054d');
CREATE TABLE audit_record (
	sequence INTEGER NOT NULL, 
	at VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	actor VARCHAR NOT NULL, 
	subject VARCHAR NOT NULL, 
	details VARCHAR NOT NULL, 
	hash VARCHAR NOT NULL, 
	PRIMARY KEY (sequence)
);
INSERT INTO "audit_record" VALUES(1,'2026-11-26T20:00:00.000000Z','policy.published','alice','1','{"digest":"dc2bcd81508709603056d7271f794a4517795361faa882ff3242cbe95025d8cd","note":"the first","parent":0}','59b3231e89cafbca3293f402398380e2295a02b43e89ef022896c160bf493d22');
INSERT INTO "audit_record" VALUES(2,'2026-11-26T20:00:00.000000Z','policy.published','bob','2','{"digest":"4cc719bf8ce3f69d304f65b3379c7706dab587097a0d8f2aaa69aeec4f82253b","note":"","parent":1}','b3cbff95d433963bcacd6751839f1be256bf28b6b7055da33e84ba954f662b7c');
INSERT INTO "audit_record" VALUES(3,'2026-11-26T20:00:00.000000Z','policy.reverted','alice','3','{"digest":"dc2bcd81508709603056d7271f794a4517795361faa882ff3242cbe95025d8cd","note":"back","parent":2,"reverts":1}','0ed2948da6dd5626720e3d8409425ebeb89d15c13d92a0edce7327b6a66182ad');
INSERT INTO "audit_record" VALUES(4,'2026-11-26T20:00:00.000000Z','emergency.granted','alice','rita','{"emergency":"3b87aed94cc2607c","expires":"2026-11-26T21:00:00.000000Z","reason":"the shop is down","role":"oncall"}','7c8222fd7705bade61385bafe5e7bcb899637f4efa73ede1df78671cabe7529b');
INSERT INTO "audit_record" VALUES(5,'2026-11-26T20:00:00.000000Z','reads.denied','vera','Query.plugins','{"count":3,"\u00fcn\u00ef":"\u00f6"}','dab241119e769c3d02cc0e9db4fa9e34c5f429b3159adea10b1e2bcfcbd8054d');
CREATE TABLE auth_session (
	digest VARCHAR NOT NULL, 
	subject VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	held JSON NOT NULL, 
	groups JSON NOT NULL, 
	entity VARCHAR, 
	expires_at BIGINT NOT NULL, 
	used_at BIGINT NOT NULL, 
	PRIMARY KEY (digest)
);
INSERT INTO "auth_session" VALUES('8d6e0894869aea1776d7b9d657bf51ff63496d7964c02dae38c82a84a3204e03','ann','PERSON','["viewer"]','[]',NULL,1795759200,1795723200);
CREATE TABLE catalog_entity (
	number INTEGER NOT NULL, 
	ref VARCHAR NOT NULL, 
	sort VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	namespace VARCHAR NOT NULL, 
	words VARCHAR NOT NULL, 
	body BLOB NOT NULL, 
	PRIMARY KEY (number), 
	UNIQUE (ref), 
	UNIQUE (sort)
);
INSERT INTO "catalog_entity" VALUES(1,'component:default/web','web/component:default/web','component','default','web',X'7B226E616D6573223A5B22436F6D706F6E656E74222C2264656661756C74222C22776562222C6E756C6C2C6E756C6C5D2C226C6162656C73223A7B7D2C22616E6E6F746174696F6E73223A7B7D2C2274616773223A5B2261225D2C226C696E6B73223A5B5D2C2273706563223A7B2274797065223A2273657276696365222C226C6966656379636C65223A2270726F64756374696F6E222C226F776E6572223A226E6F626F6479227D2C22736F75726365223A5B227765622E79616D6C222C312C2278225D7D');
CREATE TABLE catalog_mark (
	"key" VARCHAR NOT NULL, 
	value VARCHAR NOT NULL, 
	number INTEGER NOT NULL, 
	PRIMARY KEY ("key", value, number)
)
 WITHOUT ROWID

;
INSERT INTO "catalog_mark" VALUES('lifecycle:','production',1);
INSERT INTO "catalog_mark" VALUES('ownedBy:','group:default/nobody',1);
INSERT INTO "catalog_mark" VALUES('tag:a','',1);
INSERT INTO "catalog_mark" VALUES('type:','service',1);
CREATE TABLE catalog_problem (
	"key" VARCHAR NOT NULL, 
	entity VARCHAR, 
	rule VARCHAR NOT NULL, 
	severity VARCHAR NOT NULL, 
	body BLOB NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "catalog_problem" VALUES('web.yaml/000000004/000000046/catalog.dangling-reference/d5d6acd6dd987342bb2768491207c173/1','component:default/web','catalog.dangling-reference','LOW',X'5B22636174616C6F672E64616E676C696E672D7265666572656E6365222C22737065632E6F776E65722072656665727320746F2067726F75703A64656661756C742F6E6F626F64792C207768696368206E6F20736F7572636520686173222C224C4F57222C22416464206974732064657363726970746F7220746F206120736F757263652C206F72206D656E6420746865206E616D652E222C227765622E79616D6C222C342C34362C22636F6D706F6E656E743A64656661756C742F776562225D');
CREATE TABLE catalog_relation (
	source VARCHAR NOT NULL, 
	type VARCHAR NOT NULL, 
	target VARCHAR NOT NULL, 
	declared BOOLEAN NOT NULL, 
	PRIMARY KEY (source, type, target)
);
INSERT INTO "catalog_relation" VALUES('component:default/web','ownedBy','group:default/nobody',1);
INSERT INTO "catalog_relation" VALUES('group:default/nobody','ownerOf','component:default/web',0);
CREATE TABLE catalog_state (
	id INTEGER NOT NULL, 
	digest VARCHAR NOT NULL, 
	body BLOB NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "catalog_state" VALUES(1,'7b9ce8a7564353e342f8f90dae934db173d3985a2dffe16289969a53789b4f5e',X'7B2266696C6573223A312C22646F63756D656E7473223A312C22656E746974696573223A317D');
CREATE TABLE policy_draft (
	"key" VARCHAR NOT NULL, 
	owner VARCHAR NOT NULL, 
	parent INTEGER NOT NULL, 
	revision INTEGER NOT NULL, 
	text VARCHAR NOT NULL, 
	created VARCHAR NOT NULL, 
	changed VARCHAR NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "policy_draft" VALUES('42522ad57109631b','bob',1,2,'p, viewer, permission:core.plugins, read, allow
p, viewer, permission:core.node, read, allow
','2026-11-26T20:00:00.000000Z','2026-11-26T20:00:00.000000Z');
CREATE TABLE policy_emergency (
	"key" VARCHAR NOT NULL, 
	subject VARCHAR NOT NULL, 
	role VARCHAR NOT NULL, 
	reason VARCHAR NOT NULL, 
	granted_by VARCHAR NOT NULL, 
	at VARCHAR NOT NULL, 
	expires VARCHAR NOT NULL, 
	ended VARCHAR, 
	ended_by VARCHAR, 
	PRIMARY KEY ("key")
);
INSERT INTO "policy_emergency" VALUES('3b87aed94cc2607c','rita','oncall','the shop is down','alice','2026-11-26T20:00:00.000000Z','2026-11-26T21:00:00.000000Z',NULL,NULL);
CREATE TABLE policy_version (
	number INTEGER NOT NULL, 
	parent INTEGER NOT NULL, 
	text VARCHAR NOT NULL, 
	digest VARCHAR NOT NULL, 
	author VARCHAR NOT NULL, 
	at VARCHAR NOT NULL, 
	note VARCHAR NOT NULL, 
	reverts INTEGER, 
	PRIMARY KEY (number)
);
INSERT INTO "policy_version" VALUES(1,0,'p, viewer, permission:core.viewer, read, allow
','dc2bcd81508709603056d7271f794a4517795361faa882ff3242cbe95025d8cd','alice','2026-11-26T20:00:00.000000Z','the first',NULL);
INSERT INTO "policy_version" VALUES(2,1,'p, viewer, permission:core.viewer, read, deny
','4cc719bf8ce3f69d304f65b3379c7706dab587097a0d8f2aaa69aeec4f82253b','bob','2026-11-26T20:00:00.000000Z','',NULL);
INSERT INTO "policy_version" VALUES(3,2,'p, viewer, permission:core.viewer, read, allow
','dc2bcd81508709603056d7271f794a4517795361faa882ff3242cbe95025d8cd','alice','2026-11-26T20:00:00.000000Z','back',1);
CREATE INDEX ix_audit_record_actor ON audit_record (actor);
CREATE INDEX ix_audit_record_kind ON audit_record (kind);
CREATE TRIGGER audit_record_no_update BEFORE update ON audit_record
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE TRIGGER audit_record_no_delete BEFORE delete ON audit_record
BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
CREATE INDEX ix_policy_draft_owner ON policy_draft (owner);
CREATE INDEX ix_policy_emergency_expires ON policy_emergency (expires);
CREATE UNIQUE INDEX ix_access_token_digest ON access_token (digest);
CREATE INDEX ix_access_token_owner ON access_token (owner);
CREATE INDEX ix_auth_session_expires_at ON auth_session (expires_at);
CREATE INDEX catalog_entity_of_kind ON catalog_entity (kind, number);
CREATE INDEX catalog_entity_in_namespace ON catalog_entity (namespace, number);
CREATE INDEX catalog_mark_of_entity ON catalog_mark ("key", number, value);
CREATE INDEX ix_catalog_problem_rule ON catalog_problem (rule);
CREATE INDEX ix_catalog_problem_entity ON catalog_problem (entity);
COMMIT;
