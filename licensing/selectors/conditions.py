# SPDX-License-Identifier: AGPL-3.0-or-later
"""The conditions of a right: one boolean column and one word each. The only SQL that says who may (docs/adr/0004)."""

from licensing.enums import DenyCode

# A version counts until a later material one has been in force longer than its grace.
VALID_VERSION_SQL = """
WITH valid_version AS MATERIALIZED (
    SELECT v.id, v.licence_id FROM licensing_licenceversion v
    WHERE v.published_at <= %(at)s AND NOT EXISTS (
        SELECT FROM licensing_licenceversion w
        WHERE w.licence_id = v.licence_id AND w.number > v.number AND w.material
          AND w.published_at + make_interval(days => w.grace_days::int) <= %(at)s))"""
# One row per licence × membership of the people asked about: what every right of it shares is worked out once.
CHAIN_SQL = """, chain AS MATERIALIZED (
SELECT u.id AS user_id, l.id AS licence_id, l.embargo_days, m.id AS membership_id, m.organisation_id,
       l.actions, l.classes, l.nationality_classes, l.purposes, l.contractors, l.acceptors, l.signed_per_project,
       u.is_active AS person_active,
       m.id IS NOT NULL AS has_membership,
       coalesce(m.active_from <= %(at)s AND (m.ended_at IS NULL OR %(at)s < m.ended_at), FALSE) AS membership_active,
       EXISTS (
           SELECT FROM accounts_membership r JOIN accounts_user ru ON ru.id = r.user_id
           WHERE r.organisation_id = m.organisation_id AND r.role = 'referent' AND r.active_from <= %(at)s
             AND ((r.ended_at IS NULL AND ru.is_active) OR %(at)s < r.ended_at)) AS has_referent,
       (SELECT max(r.ended_at) FROM accounts_membership r
        WHERE r.organisation_id = m.organisation_id AND r.role = 'referent' AND r.ended_at <= %(at)s)
           AS referent_left_at,
       coalesce((l.countries_allowed = '{}' OR o.country = ANY(l.countries_allowed))
                AND o.country <> ALL(l.countries_denied), FALSE) AS country_admitted,
       l.acceptors NOT IN ('organisation', 'both') OR EXISTS (
           SELECT FROM licensing_acceptance c JOIN valid_version v ON v.id = c.licence_version_id
           WHERE v.licence_id = l.id AND c.organisation_id = m.organisation_id
             AND c.capacity = 'legal_representative' AND c.accepted_at <= %(at)s
             AND NOT EXISTS (SELECT FROM licensing_withdrawal w
                             WHERE w.acceptance_id = c.id AND w.withdrawn_at <= %(at)s)) AS organisation_accepted,
       -- The projects the person signed for; 0 is a signature that names none.
       ARRAY(SELECT coalesce(c.project_id, 0)
             FROM licensing_acceptance c JOIN valid_version v ON v.id = c.licence_version_id
             WHERE v.licence_id = l.id AND c.person_id = u.id AND c.capacity = 'self' AND c.accepted_at <= %(at)s
               AND NOT EXISTS (SELECT FROM licensing_withdrawal w
                               WHERE w.acceptance_id = c.id AND w.withdrawn_at <= %(at)s)) AS signed_for,
       -- The adhesion that is spoken of when no right names its own.
       (SELECT a.id FROM licensing_adhesion a
        WHERE a.organisation_id = m.organisation_id AND a.period IS NOT NULL
        ORDER BY (a.state = 'approved') DESC, (a.state = 'suspended') DESC, a.id DESC LIMIT 1) AS adhesion_id
FROM licensing_licence l
CROSS JOIN accounts_user u
LEFT JOIN accounts_membership m ON m.user_id = u.id
LEFT JOIN accounts_organisation o ON o.id = m.organisation_id
WHERE l.kind = 'product' AND (%(licences)s::bigint[] IS NULL OR l.id = ANY(%(licences)s))"""
OF_ONE_PERSON = "\nAND u.id = %(user)s"
OF_EVERY_MEMBER = "\nAND m.id IS NOT NULL"
# One row per link of the chain × right the person could invoke; each condition is its own boolean column.
CONDITIONS_SQL = """
SELECT k.user_id, k.licence_id, k.embargo_days, k.organisation_id, e.id AS entitlement_id, e.project_id,
       k.person_active, k.has_membership, k.membership_active, k.country_admitted, k.organisation_accepted,
       a.id IS NOT NULL AS has_adhesion,
       coalesce(a.state <> 'suspended', FALSE) AS adhesion_not_suspended,
       coalesce(a.state IN ('approved', 'suspended') AND a.period @> %(at)s::timestamptz, FALSE) AS adhesion_current,
       coalesce(k.has_referent OR %(at)s < greatest(lower(a.period), k.referent_left_at)
                                           + make_interval(days => %(grace)s::int), FALSE) AS referent_in_time,
       e.id IS NOT NULL AS has_entitlement,
       coalesce(%(at)s >= lower(e.period), FALSE) AS entitlement_started,
       coalesce(%(at)s < upper(e.period), FALSE) AS entitlement_not_expired,
       NOT EXISTS (SELECT FROM licensing_suspension s
                   WHERE s.entitlement_id = e.id AND s.began_at <= %(at)s
                     AND (s.lifted_at IS NULL OR %(at)s < s.lifted_at)) AS not_suspended,
       coalesce(%(action)s = ANY(e.actions) AND %(action)s = ANY(k.actions), FALSE) AS action_granted,
       coalesce(e.eligibility_class = ANY(k.classes), FALSE) AS class_admitted,
       coalesce(e.eligibility_class <> ALL(k.nationality_classes)
                OR a.answers->>'nationality_condition' IN ('yes', 'no'), FALSE) AS nationality_known,
       coalesce(e.eligibility_class <> ALL(k.nationality_classes)
                OR a.answers->>'nationality_condition' = 'yes', FALSE) AS nationality_met,
       coalesce(e.purpose = ANY(k.purposes), FALSE) AS purpose_admitted,
       coalesce(e.purpose <> 'public_order' OR k.contractors <> 'never', FALSE) AS contractor_admitted,
       q.starts_on IS NULL OR day.today >= q.starts_on AS project_started,
       (q.ends_on IS NULL OR day.today <= q.ends_on) AND (q.ended_at IS NULL OR %(at)s < q.ended_at)
           AS project_not_ended,
       q.id IS NULL OR q.owner_id = k.user_id
           OR NOT EXISTS (SELECT FROM licensing_project_members n WHERE n.project_id = q.id)
           OR EXISTS (SELECT FROM licensing_project_members n WHERE n.project_id = q.id AND n.user_id = k.user_id)
           AS in_project,
       CASE WHEN k.acceptors NOT IN ('person', 'both') THEN TRUE
            WHEN k.signed_per_project THEN coalesce(q.id, 0) = ANY(k.signed_for)
            ELSE k.signed_for <> '{}' END AS person_accepted,
       NOT EXISTS (SELECT FROM licensing_block b
                   WHERE (b.person_id = k.user_id OR b.organisation_id = k.organisation_id
                          OR b.document_sha256 <> '' AND EXISTS (
                              SELECT FROM licensing_evidencefile f
                              WHERE f.adhesion_id = e.adhesion_id AND f.sha256 = b.document_sha256))
                     AND (b.licence_id IS NULL OR b.licence_id = k.licence_id)
                     AND (b.lifted_at IS NULL OR %(at)s < b.lifted_at)
                     AND b.period @> %(at)s::timestamptz) AS not_blocked
FROM chain k
-- A project begins and ends with a legal day in Paris.
CROSS JOIN (SELECT (%(at)s::timestamptz AT TIME ZONE 'Europe/Paris')::date AS today) day
LEFT JOIN licensing_project p ON p.id = %(project)s AND p.organisation_id = k.organisation_id
LEFT JOIN licensing_entitlement e
       ON e.organisation_id = k.organisation_id AND e.licence_id = k.licence_id AND e.state = 'granted'
      AND (%(project)s::bigint IS NULL OR e.project_id = p.id OR (e.project_id IS NULL AND e.purpose = p.purpose))
LEFT JOIN licensing_project q ON q.id = coalesce(e.project_id, p.id)
-- A right stands on the adhesion that gave it, not on another one of the same organisation.
LEFT JOIN licensing_adhesion a ON a.id = coalesce(e.adhesion_id, k.adhesion_id)
      AND a.organisation_id = k.organisation_id AND a.period IS NOT NULL
"""


def conditions_of(people: str) -> str:
    """Return the whole statement for `people` (`OF_ONE_PERSON`, `OF_EVERY_MEMBER`)."""
    return f"{VALID_VERSION_SQL}{CHAIN_SQL}{people})\n{CONDITIONS_SQL}"


# Order matters: the first missing link of the chain is said first.
CONDITIONS: tuple[tuple[str, DenyCode], ...] = (
    ("person_active", DenyCode.PERSON_INACTIVE),
    ("has_membership", DenyCode.NO_MEMBERSHIP),
    ("membership_active", DenyCode.MEMBERSHIP_INACTIVE),
    ("has_adhesion", DenyCode.ADHESION_MISSING),
    ("adhesion_not_suspended", DenyCode.ADHESION_SUSPENDED),
    ("adhesion_current", DenyCode.ADHESION_ENDED),
    ("referent_in_time", DenyCode.NO_REFERENT),
    ("country_admitted", DenyCode.COUNTRY_NOT_ADMITTED),
    ("has_entitlement", DenyCode.NO_ENTITLEMENT),
    ("entitlement_started", DenyCode.ENTITLEMENT_NOT_STARTED),
    ("entitlement_not_expired", DenyCode.ENTITLEMENT_EXPIRED),
    ("not_suspended", DenyCode.ENTITLEMENT_SUSPENDED),
    ("action_granted", DenyCode.ACTION_NOT_GRANTED),
    ("class_admitted", DenyCode.CLASS_NOT_ADMITTED),
    ("nationality_known", DenyCode.NATIONALITY_UNKNOWN),
    ("nationality_met", DenyCode.NATIONALITY_NOT_MET),
    ("purpose_admitted", DenyCode.PURPOSE_NOT_ADMITTED),
    ("contractor_admitted", DenyCode.CONTRACTOR_NOT_ADMITTED),
    ("project_started", DenyCode.PROJECT_NOT_STARTED),
    ("project_not_ended", DenyCode.PROJECT_ENDED),
    ("in_project", DenyCode.NOT_IN_PROJECT),
    ("organisation_accepted", DenyCode.ORGANISATION_ACCEPTANCE_MISSING),
    ("person_accepted", DenyCode.PERSON_ACCEPTANCE_MISSING),
    ("not_blocked", DenyCode.BLOCKED),
)
# A condition says nothing when the link before it is missing: no membership means no adhesion to complain about.
NEEDS: dict[str, str] = {
    "membership_active": "has_membership",
    "has_adhesion": "has_membership",
    "adhesion_not_suspended": "has_adhesion",
    "adhesion_current": "has_adhesion",
    "referent_in_time": "adhesion_current",
    "country_admitted": "has_membership",
    "has_entitlement": "has_adhesion",
    "entitlement_started": "has_entitlement",
    "entitlement_not_expired": "has_entitlement",
    "not_suspended": "has_entitlement",
    "action_granted": "has_entitlement",
    "class_admitted": "has_entitlement",
    "nationality_known": "has_entitlement",
    "nationality_met": "nationality_known",
    "purpose_admitted": "has_entitlement",
    "contractor_admitted": "has_entitlement",
    "project_started": "entitlement_started",
    "project_not_ended": "entitlement_not_expired",
    "organisation_accepted": "has_membership",
}
SIGNATURES = {DenyCode.PERSON_ACCEPTANCE_MISSING, DenyCode.ORGANISATION_ACCEPTANCE_MISSING}
