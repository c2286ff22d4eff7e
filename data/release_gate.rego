# May this release be deployed now? One decision with every reason; what it needs to know is its input.
#
#   opa eval -d data/release_gate.rego -i input.json "data.companyos.release.decision"
#
# Thresholds and lists are data: `reliability policy data` prints yours as `data.release_policy`, and what
# `reliability gate` evaluates in process. Without that document the shipped values at the end of this file hold.
#
# Rules of this file: every comparison is guarded by the type of what it compares, nothing is formatted and no
# clock is read, so that every engine gives the same answer; whatever JSON object comes in, `decision` is defined.
# rego-cpp also differs in `%`, in `trim_space` and `lower` beyond ASCII, in cutting a text with escapes, and in a
# function whose body is a membership in a list of comparisons: none of them is used.
package companyos.release

import rego.v1

settings := data.release_policy if {
	is_object(data.release_policy)
} else := shipped

decision := {
	"allow": allow,
	"service": told("service"),
	"version": told("version"),
	"environment": told("environment"),
	"change_type": change_type,
	"as_of": told("now"),
	"policy_tier": policy_tier,
	"strategy": strategy,
	"canary_config": canary_config,
	"gates": gates,
	"violations": array.concat(gate_violations, override_violations),
	"warnings": warnings,
	"required_approvals": required_approvals,
	"emergency": emergency,
	"exceptions_used": exceptions_used,
}

default allow := false

allow if all_gates_pass

allow if emergency.used

gate_names := ["build", "quality", "security", "slo", "policy", "approval"]

gates := {name: {"pass": count(failed(checks[name])) == 0, "checks": checks[name]} | some name in gate_names}

all_gates_pass if {
	every name in gate_names {
		gates[name].pass
	}
}

# What was asked for, and of what kind it is ----------------------------------------------------------------------

told(name) := value if {
	value := input[name]
	is_string(value)
} else := null

known_service if settings.services[told("service")]

service_tier := settings.services[told("service")].tier if {
	known_service
} else := 1

# A number cannot be a key of an object.
by_tier := ["", "1", "2", "3"][service_tier]

known_environment if settings.environments[told("environment")]

environment := settings.environments[told("environment")] if {
	known_environment
} else := settings.environments[settings.strictest_environment]

has_migration if input.has_database_migration == true

change_type := told("change_type") if {
	told("change_type") in settings.change_types
} else := "migration" if {
	absent(change_seen)
	has_migration
} else := "feature"

is_rollback if change_type == "rollback"

# Whether the relaxed rules for internal services hold (FRAMEWORK, Release gates).
relaxed if {
	known_service
	service_tier in settings.relaxed.service_tiers
}

is_best_effort if settings.services[told("service")].best_effort == true

tier_told if settings.tiers[told("policy_tier")]

untold if {
	not tier_told
	not is_best_effort
}

policy_tier := "best_effort" if {
	is_best_effort
} else := told("policy_tier") if {
	tier_told
} else := "unknown"

# A service without an objective has no error budget, so no tier restricts it. A tier that nobody told is not the tier
# "unknown", which somebody found: it allows nothing and asks for everybody's approval.
tier_rule := {"allowed": settings.change_types, "approvers": [], "notify": [], "pause_factor": 1, "conditions": []} if {
	is_best_effort
} else := settings.tiers[policy_tier] if {
	tier_told
} else := settings.untold_tier

absent(value) if is_null(value)

# What a pipeline found: undefined and null are the same, namely missing.
evidence(gate, name) := value if {
	value := input.gates[gate][name]
} else := null

measured(name) := value if {
	value := input.slo[name]
} else := null

# What each gate looks at -------------------------------------------------------------------------------------------

# A check is first [code, what was seen, what is needed, whether the one meets the other].
found["build"] := [[item[0], seen, {"equals": "pass"}, seen in passing] |
	some item in build_results
	seen := evidence("build", item[1])
]

build_results := [
	["build.typecheck", "typescript"],
	["build.compile", "compile"],
	["build.lint", "lint"],
	["build.format", "format"],
]

found["quality"] := array.concat(
	[[item[0], seen, {"equals": "pass"}, seen in passing] |
		some item in quality_results
		service_tier in item[2]
		seen := evidence("quality", item[1])
	],
	at_least("quality.coverage", evidence("quality", "coverage"), settings.coverage[by_tier]),
)

quality_results := [
	["quality.unit_tests", "unit_tests", [1, 2, 3]],
	["quality.integration_tests", "integration_tests", [1, 2, 3]],
	["quality.golden_path", "golden_path", settings.golden_path_tiers],
]

passing := ["pass", true]

found["security"] := array.concat(
	array.concat(counts_at_most, signature),
	[["security.slsa_level", slsa_seen, {"at_least": environment.slsa_level}, is_slsa_level]],
)

slsa_seen := evidence("security", "slsa_level")

is_slsa_level := slsa_seen >= environment.slsa_level if {
	is_count(slsa_seen)
} else := false

counts_at_most := [[item[0], seen, {"at_most": item[2]}, met] |
	some item in [
		["security.critical_cves", "critical_cves", 0],
		["security.high_cves", "high_cves", environment.high_cves],
		["security.secrets", "secrets_found", 0],
	]
	seen := evidence("security", item[1])
	met := within(seen, item[2])
]

signature := [["security.image_signed", seen, {"equals": true}, seen in [true]] |
	environment.image_signed == true
	seen := evidence("security", "image_signed")
]

found["slo"] := array.concat(
	[["slo.change_type", change_seen, {"one_of": tier_rule.allowed}, is_allowed_change]],
	array.concat(budget, below_limits),
)

# A change type that is none of ours must not pass as a feature, and one that nobody told might be any.
change_seen := object.get(input, "change_type", null)

is_allowed_change := change_seen in tier_rule.allowed if {
	not absent(change_seen)
} else := count([change | some change in settings.change_types; not change in tier_rule.allowed]) == 0

budget := at_least("slo.budget_remaining", measured("error_budget_remaining"), settings.budget_floor[by_tier]) if {
	policy_tier != "best_effort"
} else := []

below_limits := array.concat(
	[[item[0], seen, {"below": item[2]}, met] |
		some item in burn_limits
		seen := measured(item[1])
		met := under(seen, item[2])
	],
	[[item[0], seen, {"below": item[2]}, met] |
		some item in array.concat(incident_limits, [
			["slo.rollbacks", "rollbacks_last_24h", settings.rollbacks.deny_from],
		])
		seen := measured(item[1])
		met := fewer(seen, item[2])
	],
)

burn_limits := [
	["slo.fast_burn", "fast_burn_rate", settings.burn.fast_below],
	["slo.slow_burn", "slow_burn_rate", settings.burn.slow_below],
] if {
	policy_tier != "best_effort"
} else := []

incident_limits := [item |
	some item in [
		["slo.incidents_p1", "active_p1_incidents", 1, "P1"],
		["slo.incidents_p2", "active_p2_incidents", 1, "P2"],
		["slo.incidents_p3", "active_p3_incidents", 1, "P3"],
	]
	item[3] in settings.incidents[by_tier]
]

found["policy"] := [
	["policy.service", told("service"), {"known": "service"}, is_known_service],
	["policy.environment", told("environment"), {"known": "environment"}, is_known_environment],
	["policy.version", told("version"), {"given": "version"}, is_filled("version")],
	["policy.registry", told("image"), {"registry": settings.trusted_registries}, is_trusted],
	["policy.abac", abac, {"one_of": settings.abac_passing}, abac in array.concat([true], settings.abac_passing)],
]

is_known_service := true if {
	known_service
} else := false

is_known_environment := true if {
	known_environment
} else := false

is_filled(name) := true if {
	filled(name)
} else := false

# `ghcr.io/acme` is not `ghcr.io/acme-evil/…`: a registry ends where a path begins.
is_trusted := true if {
	is_string(told("image"))
	some registry in settings.trusted_registries
	start := concat("", [trim_suffix(registry, "/"), "/"])
	startswith(told("image"), start)
	told("image") != start
	not contains(told("image"), "..")
	not contains(told("image"), " ")
} else := false

abac := evidence("policy", "abac_check")

found["approval"] := array.concat(
	[["approval.window", clock, {"window": windows, "timezone": settings.timezone}, is_in_window] |
		environment.window == true
	],
	[
		["approval.freeze", freezes_seen, {"none_of": "freezes"}, is_unfrozen],
		["approval.approvals", given_roles, {"roles": needed_roles}, count(given_roles) == count(needed_roles)],
	],
)

# Numbers: what is none, is below nothing and above nothing. Of half a thing nobody counted anything.
is_count(seen) if {
	is_number(seen)
	seen >= 0
	seen <= most_counted
	floor(seen) == seen
}

# Beyond this, engines round whole numbers differently.
most_counted := 1000000000

at_least(code, seen, limit) := [[code, seen, {"at_least": limit}, seen >= limit]] if {
	is_number(seen)
} else := [[code, seen, {"at_least": limit}, false]]

within(seen, limit) := seen <= limit if {
	is_count(seen)
} else := false

under(seen, limit) := seen < limit if {
	is_number(seen)
	seen >= 0
} else := false

fewer(seen, limit) := seen < limit if {
	is_count(seen)
} else := false

# The result of each check: `met` is what the numbers say, `asked` whether this release has to meet it, `waived_by`
# the exception that lifts it.
checks[name] := [{
	"code": item[0],
	"pass": true in [item[3], item[0] in not_asked, item[0] in lifted],
	"seen": item[1],
	"needed": item[2],
	"source": object.get(sources, item[0], "input"),
	"met": item[3],
	"asked": not_in(item[0], not_asked),
	"waived_by": waived_by(item),
} |
	some item in found[name]
] if {
	some name in gate_names
}

not_in(code, codes) := false if {
	code in codes
} else := true

sources := input.sources if {
	is_object(input.sources)
} else := {}

not_asked := {code |
	relaxed
	some code in object.keys(settings.messages)
	not code in settings.relaxed.checks
} | {code |
	is_rollback
	some code in settings.rollback_exempt
}

waived_by(item) := lifting(item[0])[0] if {
	not item[3]
	item[0] in lifted
	not item[0] in not_asked
} else := null

failed(list) := [item | some item in list; not item.pass]

# Window, freezes, approvals --------------------------------------------------------------------------------------

# The window is half-open, in the zone of the policy; `clock` is the local time of `now`, told by whoever asks.
is_in_window := true if {
	some window in windows
	clock.weekday in window.days
	clock.time >= window.from
	clock.time < window.until
} else := false

windows := [window | some window in settings.windows; service_tier in window.service_tiers]

clock := {"weekday": input.clock.weekday, "time": input.clock.time} if {
	is_string(input.clock.weekday)
	is_string(input.clock.time)
	regex.match(`^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?$`, input.clock.time)
} else := {"weekday": weekday_of_now, "time": substring(now, 11, -1)} if {
	absent(object.get(input, "clock", null))
	is_string(now)
	settings.timezone == "UTC"
} else := null

now := instant(told("now"))

# An ISO 8601 time in UTC, written with six decimals so that times can be compared as text; null for anything else.
instant(text) := concat("", [substring(text, 0, 19), ".", substring(concat("", [decimals, "000000"]), 0, 6)]) if {
	is_string(text)
	regex.match(
		`^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?Z$`,
		text,
	)
	decimals := trim_suffix(substring(text, 20, -1), "Z")
} else := null

# Monday … Sunday of `now`, for an input that has no `clock` (Sakamoto's method).
weekday_of_now := settings.weekdays[day] if {
	is_string(now)
	month := to_number(trim_left(substring(now, 5, 2), "0"))
	year := to_number(substring(now, 0, 4)) - shift_of(month)
	leaps := (floor(year / 4) - floor(year / 100)) + floor(year / 400)
	of_month := to_number(trim_left(substring(now, 8, 2), "0"))
	days := (((year + leaps) + [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4][month - 1]) + of_month) + 6
	day := days - (floor(days / 7) * 7) # which is days % 7, but rego-cpp takes that wrong for some numbers
}

shift_of(month) := 1 if {
	month < 3
} else := 0

# Freezes that cover this release now. An empty list covers everything, and so does every list what is not known.
active_freezes := [freeze |
	readable_freezes
	some freeze in freezes
	instant(freeze.start) <= now
	instant(freeze.end) > now
	covered(freeze.services, told("service"), is_known_service)
	covered(freeze.environments, told("environment"), is_known_environment)
]

covered(names, _, _) if count(names) == 0

covered(names, name, _) if name in names

covered(_, _, is_known) if is_known == false

standing_freezes := [freeze.id | some freeze in active_freezes; not freeze_lifted(freeze)]

freeze_lifted(freeze) if {
	some exception in exceptions
	lifts_freeze(exception, freeze)
}

# An exception for one freeze does not lift another.
lifts_freeze(exception, freeze) if {
	exception.type == "freeze"
	object.get(exception, "freeze", null) in [null, freeze.id]
}

is_unfrozen := true if {
	readable_freezes
	count(standing_freezes) == 0
} else := false

freezes_seen := standing_freezes if {
	readable_freezes
} else := null

# Who knows of no freeze may leave the list out.
freezes := input.freezes if {
	not absent(object.get(input, "freezes", null))
} else := []

# A freeze whose times or names cannot be compared might be active.
readable_freezes if {
	is_string(now)
	is_array(freezes)
	every freeze in freezes {
		is_string(freeze.id)
		is_string(instant(freeze.start))
		is_string(instant(freeze.end))
		are_names(freeze.services)
		are_names(freeze.environments)
	}
}

are_names(list) if {
	is_array(list)
	every name in list {
		is_string(name)
	}
}

required_approvals := [{
	"role": role,
	"why": concat("", ["policy tier ", policy_tier]),
	"satisfied": is_approved(role),
} |
	not is_rollback
	not relaxed
	some role in tier_rule.approvers
]

# Who may approve in a stricter tier may in this one: else a smaller budget would allow more than a larger one.
is_approved(role) := true if {
	role_key(role) in roles_given
} else := true if {
	some name in tier_rule.stricter
	count(settings.tiers[name].approvers) > 0
	every other in settings.tiers[name].approvers {
		role_key(other) in roles_given
	}
} else := false

roles_given := {role_key(given.role) |
	is_array(input.approvals)
	some given in input.approvals
	is_string(given.role)
}

# `VP Engineering` and `vp-engineering` are one role. Engines agree on lower case in ASCII only.
role_key(role) := replace(lower(role), " ", "-") if {
	regex.match(`^[ -~]*$`, role)
} else := role

needed_roles := [item.role | some item in required_approvals]

given_roles := [item.role | some item in required_approvals; item.satisfied]

# Exceptions ------------------------------------------------------------------------------------------------------

# Those that are approved, in force and bound to no other deployment, as whoever asks has found.
exceptions := [exception |
	is_array(input.exceptions)
	some exception in input.exceptions
	is_string(exception.id)
	is_string(exception.type)
]

strictest_tier := "exhausted" if {
	untold
} else := policy_tier

lifts(exception, code) if {
	code in settings.exceptions[exception.type].lifts
	not strictest_tier in settings.exceptions[exception.type].not_in
	not of_no_kind(code)
}

# What is none of our kinds of change is nobody's to lift.
of_no_kind("slo.change_type") if {
	not absent(change_seen)
	not change_seen in settings.change_types
}

lifted := {code |
	some exception in exceptions
	some code in settings.exceptions[exception.type].lifts
	lifts(exception, code)
}

lifting(code) := [exception.id | some exception in exceptions; lifts(exception, code)]

exceptions_used := array.concat(
	[{"id": item.waived_by, "lifts": item.code} |
		some name in gate_names
		some item in gates[name].checks
		is_string(item.waived_by)
	],
	[{"id": exception.id, "lifts": "approval.freeze"} |
		count(active_freezes) > count(standing_freezes)
		not "approval.freeze" in not_asked
		some exception in exceptions
		is_first_for_a_freeze(exception)
	],
)

# Of several that lift one freeze, the first is used.
is_first_for_a_freeze(exception) if {
	some freeze in active_freezes
	exception.id == lifting_freeze(freeze)[0]
}

lifting_freeze(freeze) := [exception.id | some exception in exceptions; lifts_freeze(exception, freeze)]

# Emergency override ----------------------------------------------------------------------------------------------

emergency := {
	"requested": override_requested,
	"valid": override_valid,
	"used": override_used,
	"approver": told("override_approver"),
	"incident_id": told("incident_id"),
	"reason": told("override_reason"),
	"overridden": [item.code | override_used; some name in gate_names; some item in failed(gates[name].checks)],
}

override_requested := true if {
	input.emergency_override == true
} else := false

override_valid := true if {
	override_requested
	count(override_faults) == 0
} else := false

override_used := true if {
	override_valid
	not all_gates_pass
} else := false

override_faults := array.concat(
	array.concat(
		[fault("override.approver", "the approver is not on the list of those who may override") |
			not told("override_approver") in settings.override.approvers
		],
		array.concat(
			[fault("override.incident", "an incident id is needed") | not filled("incident_id")],
			[fault("override.reason", "a reason is needed") | not filled("override_reason")],
		),
	),
	[fault("override.essential", concat("", ["an override never lifts ", item.code])) |
		some name in gate_names
		some item in checks[name]
		item.code in settings.override.never_lifts
		not item.met
	],
)

filled(name) if {
	is_string(told(name))
	replace(replace(replace(replace(told(name), " ", ""), "\t", ""), "\n", ""), "\r", "") != ""
}

fault(code, message) := {"gate": "approval", "code": code, "message": message}

override_violations := override_faults if {
	override_requested
	not all_gates_pass
} else := []

# Why not, and what to know -----------------------------------------------------------------------------------------

gate_violations := [{"gate": name, "code": item.code, "message": message(item)} |
	some name in gate_names
	some item in failed(gates[name].checks)
]

message(item) := concat("", [settings.messages[item.code], ": nothing is known of it, and missing evidence denies"]) if {
	absent(item.seen)
} else := settings.messages[item.code]

warnings := array.concat(
	array.concat(
		array.concat(notices, [{"code": item.code, "message": concat("", [settings.messages[item.code], ": not asked of this release"])} |
			some name in gate_names
			some item in gates[name].checks
			not item.asked
			not item.met
		]),
		[{"code": "warn.change_type", "message": "No change type was given: judged as the strictest that fits"} |
			absent(change_seen)
		],
	),
	array.concat(
		array.concat(
			[{"code": "warn.slow_burn", "message": "The slow burn rate is in the range that asks for attention"} |
				policy_tier != "best_effort"
				is_number(measured("slow_burn_rate"))
				measured("slow_burn_rate") >= settings.burn.slow_warn_from
				measured("slow_burn_rate") < settings.burn.slow_below
			],
			[{"code": "warn.rollbacks", "message": "There was a rollback a short time ago"} |
				is_number(measured("rollbacks_last_24h"))
				measured("rollbacks_last_24h") >= settings.rollbacks.warn_from
				measured("rollbacks_last_24h") < settings.rollbacks.deny_from
			],
		),
		array.concat(
			[{"code": "warn.notify", "message": concat(" ", [role, "must be told of this release"])} |
				some role in tier_rule.notify
			],
			array.concat(
				[{"code": "warn.policy_tier", "message": condition.text} |
					some condition in tier_rule.conditions
					service_tier in condition.service_tiers
				],
				[{"code": "warn.override_not_needed", "message": "An override was asked for, but every gate is passed"} |
					override_requested
					all_gates_pass
				],
			),
		),
	),
)

# What whoever asks has to say, such as that the input and the store disagree.
notices := [notice |
	is_array(input.notices)
	some notice in input.notices
	is_string(notice.code)
	is_string(notice.message)
]

# How to deploy it ------------------------------------------------------------------------------------------------

strategy := "blue-green" if {
	has_migration
} else := "blue-green" if {
	change_type == "migration"
} else := settings.canary_for_strict if {
	service_tier == 1
	is_careful
	not own_strategy in settings.careful_strategies
} else := own_strategy

is_careful if policy_tier in settings.careful_in

is_careful if {
	untold
	count(settings.careful_in) > 0
}

own_strategy := settings.services[told("service")].strategy if {
	known_service
} else := "progressive-canary"

pause_factor := 1 if {
	is_rollback
} else := tier_rule.pause_factor

canary_config := [{
	"weight": step.weight,
	"pause": concat("", [format_int(step.pause_seconds * pause_factor, 10), "s"]),
	"analysis": step.analysis,
} |
	some step in settings.canaries[strategy]
]

# The shipped values of policy.yaml and catalog.yaml, for an engine that was given no `data.release_policy`. A test
# holds them to those files.
shipped := {
	"timezone": "UTC",
	"weekdays": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
	"change_types": ["feature", "bugfix", "security", "config", "migration", "rollback", "emergency"],
	"services": {
		"api": {"tier": 1, "strategy": "progressive-canary", "best_effort": false},
		"graphql-gateway": {"tier": 1, "strategy": "progressive-canary", "best_effort": false},
		"copilot": {"tier": 1, "strategy": "progressive-canary", "best_effort": false},
		"neo4j": {"tier": 1, "strategy": "blue-green", "best_effort": false},
		"postgres": {"tier": 1, "strategy": "blue-green", "best_effort": false},
		"redis": {"tier": 1, "strategy": "blue-green", "best_effort": false},
		"conductor": {"tier": 2, "strategy": "standard-canary", "best_effort": false},
		"audit-svc": {"tier": 2, "strategy": "standard-canary", "best_effort": false},
		"prov-ledger": {"tier": 2, "strategy": "rolling", "best_effort": false},
		"worker-ingest": {"tier": 2, "strategy": "rolling", "best_effort": false},
		"worker-analysis": {"tier": 2, "strategy": "rolling", "best_effort": false},
		"websocket-server": {"tier": 2, "strategy": "standard-canary", "best_effort": false},
		"devtools": {"tier": 3, "strategy": "rolling", "best_effort": false},
		"docs": {"tier": 3, "strategy": "rolling", "best_effort": true},
		"sandbox": {"tier": 3, "strategy": "rolling", "best_effort": true},
		"test-runner": {"tier": 3, "strategy": "rolling", "best_effort": true},
	},
	"environments": {
		"production": {"high_cves": 0, "slsa_level": 3, "image_signed": true, "window": true},
		"staging": {"high_cves": 5, "slsa_level": 2, "image_signed": true, "window": false},
		"development": {"high_cves": 10, "slsa_level": 1, "image_signed": false, "window": false},
	},
	"strictest_environment": "production",
	"tiers": {
		"normal": {
			"allowed": ["feature", "bugfix", "security", "config", "migration", "rollback", "emergency"],
			"approvers": [],
			"stricter": ["cautious", "protected", "unknown", "exhausted"],
			"notify": [],
			"pause_factor": 1,
			"conditions": [],
		},
		"cautious": {
			"allowed": ["feature", "bugfix", "security", "config", "migration", "rollback", "emergency"],
			"approvers": [],
			"stricter": ["protected", "unknown", "exhausted"],
			"notify": ["SRE"],
			"pause_factor": 2,
			"conditions": [
				{"text": "This service must use a canary or blue-green", "service_tiers": [1]},
				{"text": "Each observation pause of a canary is doubled", "service_tiers": [1, 2, 3]},
			],
		},
		"protected": {
			"allowed": ["bugfix", "security", "rollback", "emergency"],
			"approvers": ["SRE"],
			"stricter": ["unknown", "exhausted"],
			"notify": [],
			"pause_factor": 2,
			"conditions": [],
		},
		"unknown": {
			"allowed": ["bugfix", "security", "rollback", "emergency"],
			"approvers": ["SRE"],
			"stricter": ["exhausted"],
			"notify": [],
			"pause_factor": 2,
			"conditions": [
				{"text": "The approver must know why the budget is unknown", "service_tiers": [1, 2, 3]},
			],
		},
		"exhausted": {
			"allowed": ["security", "rollback", "emergency"],
			"approvers": ["VP Engineering"],
			"stricter": [],
			"notify": [],
			"pause_factor": 2,
			"conditions": [{"text": "A blameless postmortem is mandatory", "service_tiers": [1, 2, 3]}],
		},
	},
	"untold_tier": {
		"allowed": [],
		"approvers": ["SRE", "VP Engineering"],
		"stricter": [],
		"notify": [],
		"pause_factor": 2,
		"conditions": [],
	},
	"coverage": {"1": 80, "2": 70, "3": 60},
	"golden_path_tiers": [1, 2],
	"budget_floor": {"1": 30, "2": 20, "3": 10},
	"burn": {"fast_below": 2, "slow_below": 1, "slow_warn_from": 0.5},
	"incidents": {"1": ["P1", "P2"], "2": ["P1", "P2"], "3": ["P1"]},
	"rollbacks": {"warn_from": 1, "deny_from": 2},
	"trusted_registries": ["ghcr.io/acme", "ghcr.io/brianclong/summit", "registry.intelgraph.local"],
	"abac_passing": ["pass", "skipped", "not_applicable"],
	"windows": [
		{"days": ["Monday", "Tuesday", "Wednesday", "Thursday"], "from": "09:00:00", "until": "16:00:00", "service_tiers": [1, 2, 3]},
		{"days": ["Friday"], "from": "09:00:00", "until": "12:00:00", "service_tiers": [2, 3]},
	],
	"override": {
		"approvers": ["sre-lead", "vp-engineering", "cto"],
		"never_lifts": [
			"build.typecheck",
			"build.compile",
			"build.lint",
			"build.format",
			"security.critical_cves",
			"security.secrets",
		],
	},
	"relaxed": {
		"service_tiers": [3],
		"checks": [
			"build.typecheck",
			"build.compile",
			"build.lint",
			"build.format",
			"quality.unit_tests",
			"quality.coverage",
			"security.critical_cves",
			"policy.service",
			"policy.environment",
			"policy.version",
			"approval.freeze",
		],
	},
	"rollback_exempt": [
		"slo.change_type",
		"slo.budget_remaining",
		"slo.fast_burn",
		"slo.slow_burn",
		"slo.incidents_p1",
		"slo.incidents_p2",
		"slo.incidents_p3",
		"slo.rollbacks",
		"approval.window",
		"approval.freeze",
	],
	"exceptions": {
		"window": {"lifts": ["approval.window"], "not_in": []},
		"security": {"lifts": ["security.critical_cves", "security.high_cves"], "not_in": []},
		"slo": {
			"lifts": [
				"slo.change_type",
				"slo.budget_remaining",
				"slo.fast_burn",
				"slo.slow_burn",
				"slo.incidents_p1",
				"slo.incidents_p2",
				"slo.incidents_p3",
				"slo.rollbacks",
			],
			"not_in": ["exhausted"],
		},
		"budget": {"lifts": ["slo.budget_remaining", "slo.change_type"], "not_in": []},
		"freeze": {"lifts": [], "not_in": []},
	},
	"canaries": {
		"progressive-canary": [
			{"weight": 1, "pause_seconds": 60, "analysis": ["smoke-check"]},
			{"weight": 10, "pause_seconds": 300, "analysis": ["slo-burn-check", "error-budget-check"]},
			{"weight": 25, "pause_seconds": 600, "analysis": ["slo-burn-check", "synthetic-check"]},
			{"weight": 50, "pause_seconds": 900, "analysis": ["slo-burn-check", "anomaly-check"]},
			{"weight": 100, "pause_seconds": 0, "analysis": []},
		],
		"standard-canary": [
			{"weight": 10, "pause_seconds": 120, "analysis": ["quick-health-check"]},
			{"weight": 50, "pause_seconds": 180, "analysis": ["slo-burn-check"]},
			{"weight": 100, "pause_seconds": 0, "analysis": []},
		],
		"blue-green": [],
		"rolling": [],
		"feature-flag": [],
	},
	"canary_for_strict": "progressive-canary",
	"careful_strategies": ["progressive-canary", "standard-canary", "blue-green"],
	"careful_in": ["cautious", "protected", "unknown", "exhausted"],
	"messages": {
		"build.typecheck": "The type check has to pass",
		"build.compile": "The code has to compile",
		"build.lint": "The linter has to pass",
		"build.format": "The code has to be formatted",
		"quality.unit_tests": "The unit tests have to pass",
		"quality.integration_tests": "The integration tests have to pass",
		"quality.golden_path": "The golden path test has to pass",
		"quality.coverage": "Test coverage has to reach what the service tier asks for",
		"security.critical_cves": "No critical CVE may be open",
		"security.high_cves": "High CVEs have to stay within what the environment allows",
		"security.secrets": "No secret may be in the code",
		"security.image_signed": "The image has to be signed",
		"security.slsa_level": "The SLSA level has to reach what the environment asks for",
		"slo.change_type": "The policy tier has to allow this kind of change",
		"slo.budget_remaining": "Enough of the error budget has to be left for the service tier",
		"slo.fast_burn": "The fast burn rate has to be below the gate",
		"slo.slow_burn": "The slow burn rate has to be below the gate",
		"slo.incidents_p1": "No P1 incident of the service may be open",
		"slo.incidents_p2": "No P2 incident of the service may be open",
		"slo.incidents_p3": "No P3 incident of the service may be open",
		"slo.rollbacks": "There must be few recent rollbacks of the service",
		"policy.service": "The service has to be in the catalogue",
		"policy.environment": "The environment has to be one of the policy's",
		"policy.version": "A release has a version",
		"policy.registry": "The image has to come from a trusted registry",
		"policy.abac": "The ABAC check must not have failed",
		"approval.window": "The deployment window has to be open",
		"approval.freeze": "No deployment freeze may cover the release",
		"approval.approvals": "Everybody whom the policy tier asks for has to approve",
	},
}
