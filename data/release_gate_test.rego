# The main rules of the release gate by example, under the shipped values: `opa test data/*.rego` runs them.
package companyos.release_test

import data.companyos.release
import rego.v1

good := {
	"service": "api",
	"version": "2.14.0",
	"environment": "production",
	"image": "ghcr.io/acme/api:2.14.0",
	"change_type": "feature",
	"policy_tier": "normal",
	"now": "2026-11-23T10:00:00.000000Z",
	"clock": {"weekday": "Monday", "time": "10:00:00.000000"},
	"gates": {
		"build": {"typescript": "pass", "compile": "pass", "lint": "pass", "format": "pass"},
		"quality": {"unit_tests": "pass", "coverage": 80, "integration_tests": "pass", "golden_path": "pass"},
		"security": {"critical_cves": 0, "high_cves": 0, "secrets_found": 0, "image_signed": true, "slsa_level": 3},
		"policy": {"abac_check": "pass"},
	},
	"slo": {
		"error_budget_remaining": 74.2,
		"fast_burn_rate": 0.3,
		"slow_burn_rate": 0.2,
		"active_p1_incidents": 0,
		"active_p2_incidents": 0,
		"rollbacks_last_24h": 0,
	},
	"freezes": [],
}

override := {
	"emergency_override": true,
	"override_approver": "sre-lead",
	"override_reason": "Logins fail",
	"incident_id": "INC-4711",
}

sunday := {"clock": {"weekday": "Sunday", "time": "10:00:00.000000"}}

freeze := {
	"id": "F-1",
	"start": "2026-11-23T10:00:00.000000Z",
	"end": "2026-11-24T00:00:00.000000Z",
	"services": [],
	"environments": ["production"],
	"reason": "Cyber Monday",
}

decision(changes) := value if {
	value := release.decision with input as object.union(good, changes)
}

# The codes of the violations of a release that is denied.
denied(changes) := {item.code | some item in decision(changes).violations} if {
	not decision(changes).allow
}

allowed(changes) if decision(changes).allow

test_a_release_that_meets_everything_is_allowed if {
	allowed({})
	count(decision({}).violations) == 0
}

test_nothing_known_is_denied_at_every_gate if {
	nothing := release.decision with input as {}
	not nothing.allow
	every name in ["build", "quality", "security", "slo", "policy", "approval"] {
		nothing.gates[name].pass == false
	}
}

test_one_missing_result_denies if denied({"gates": {"build": {"lint": null}}}) == {"build.lint"}

test_coverage_is_by_service_tier if {
	denied({"gates": {"quality": {"coverage": 79.9}}}) == {"quality.coverage"}
	allowed({"service": "conductor", "gates": {"quality": {"coverage": 70}}})
}

test_high_cves_are_by_environment if {
	denied({"gates": {"security": {"high_cves": 1}}}) == {"security.high_cves"}
	allowed({"environment": "staging", "gates": {"security": {"high_cves": 5}}})
}

test_development_takes_no_signature if {
	unsigned := {"gates": {"security": {"image_signed": false}}}
	denied(unsigned) == {"security.image_signed"}
	allowed(object.union(unsigned, {"environment": "development"}))
}

test_the_budget_floor_is_by_service_tier if {
	denied({"slo": {"error_budget_remaining": 29.999999}}) == {"slo.budget_remaining"}
	allowed({"slo": {"error_budget_remaining": 30}})
	allowed({"service": "conductor", "slo": {"error_budget_remaining": 20}})
}

test_burn_rates_are_below_the_gate if {
	denied({"slo": {"fast_burn_rate": 2, "slow_burn_rate": 1}}) == {"slo.fast_burn", "slo.slow_burn"}
	allowed({"slo": {"fast_burn_rate": 1.999999, "slow_burn_rate": 0.999999}})
}

test_an_open_incident_denies if denied({"slo": {"active_p2_incidents": 1}}) == {"slo.incidents_p2"}

test_a_second_rollback_denies if {
	allowed({"slo": {"rollbacks_last_24h": 1}})
	denied({"slo": {"rollbacks_last_24h": 2}}) == {"slo.rollbacks"}
}

test_a_protected_tier_takes_no_feature if {
	approved := {"policy_tier": "protected", "approvals": [{"role": "sre", "by": "kim"}]}
	denied(approved) == {"slo.change_type"}
	allowed(object.union(approved, {"change_type": "bugfix"}))
}

test_a_protected_tier_asks_sre if {
	denied({"policy_tier": "protected", "change_type": "bugfix"}) == {"approval.approvals"}
}

test_an_untold_tier_asks_everybody if {
	roles := {item.role | some item in decision({"policy_tier": null}).required_approvals}
	roles == {"SRE", "VP Engineering"}
}

test_a_change_that_is_not_ours_never_passes if denied({"change_type": "refactor"}) == {"slo.change_type"}

test_a_rollback_is_the_way_back_to_safety if {
	bad := {"change_type": "rollback", "policy_tier": "exhausted", "slo": null, "freezes": [freeze]}
	allowed(object.union(bad, sunday))
}

test_a_registry_ends_where_a_path_begins if {
	denied({"image": "ghcr.io/acme-evil/x"}) == {"policy.registry"}
	denied({"image": "ghcr.io/acme/../evil/x"}) == {"policy.registry"}
}

test_a_service_that_nobody_knows_is_denied if denied({"service": "nobody-s"}) == {"policy.service"}

test_the_window_is_half_open if {
	allowed({"clock": {"time": "09:00:00.000000"}})
	allowed({"clock": {"time": "15:59:59.999999"}})
	denied({"clock": {"time": "16:00:00.000000"}}) == {"approval.window"}
}

test_friday_morning_is_for_tiers_2_and_3 if {
	friday := {"clock": {"weekday": "Friday"}}
	denied(friday) == {"approval.window"}
	allowed(object.union(friday, {"service": "conductor"}))
}

test_only_production_has_a_window if allowed(object.union(sunday, {"environment": "staging"}))

test_a_freeze_denies_until_it_ends if {
	denied({"freezes": [freeze]}) == {"approval.freeze"}
	allowed({"freezes": [object.union(freeze, {"start": good.now, "end": good.now})]})
	allowed({"environment": "staging", "freezes": [freeze]})
}

test_an_exception_lifts_its_check_only if {
	exceptions := [{"id": "EXC-1", "type": "window"}]
	allowed(object.union(sunday, {"exceptions": exceptions}))
	denied(object.union(sunday, {"exceptions": exceptions, "version": ""})) == {"policy.version"}
}

test_an_exhausted_budget_takes_its_own_exception if {
	spent := {
		"policy_tier": "exhausted",
		"slo": {"error_budget_remaining": 0},
		"approvals": [{"role": "VP Engineering", "by": "jo"}],
	}
	allowed(object.union(spent, {"exceptions": [{"id": "EXC-1", "type": "budget"}]}))
	not allowed(object.union(spent, {"exceptions": [{"id": "EXC-1", "type": "slo"}]}))
}

test_an_override_lifts_the_window if {
	found := decision(object.union(override, sunday))
	found.allow
	found.emergency.used
	found.emergency.overridden == ["approval.window"]
}

test_an_override_needs_a_reason if {
	"override.reason" in denied(object.union(object.union(override, sunday), {"override_reason": " "}))
}

test_an_override_never_lifts_a_secret if {
	not allowed(object.union(override, {"gates": {"security": {"secrets_found": 1}}}))
}

test_tier_3_is_released_on_less if {
	few := {"service": "devtools", "slo": null, "image": null, "policy_tier": null}
	allowed(object.union(few, sunday))
	denied({"service": "devtools", "gates": {"quality": {"coverage": 59}}}) == {"quality.coverage"}
}

test_a_migration_is_blue_green if decision({"has_database_migration": true}).strategy == "blue-green"

test_pauses_are_doubled_from_cautious_on if {
	[step.pause | some step in decision({}).canary_config] == ["60s", "300s", "600s", "900s", "0s"]
	decision({"policy_tier": "cautious"}).canary_config[0].pause == "120s"
}
