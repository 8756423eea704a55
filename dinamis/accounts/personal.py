# SPDX-License-Identifier: AGPL-3.0-or-later
"""Personal data of accounts: why they are held, until when, and what then."""

from django.utils.translation import gettext_lazy as _

from dinamis.core.personal import Basis, End, Holding, Rule, Until, belongs, holds, tells_nothing

ACCOUNT = Holding(
    _("Account: e-mail address, name, password (as a hash), days of the first and last sign-in"),
    _("let you sign in and tell you what concerns you"),
    Basis.PUBLIC_TASK,
)
FACTORS = Holding(
    _("Sign-in: confirmed addresses, second factors, recovery codes"),
    _("keep others out of your account"),
    Basis.LEGITIMATE,
)
MEMBERSHIPS = Holding(
    _("Memberships, and the words of your requests"),
    _("know who belongs to which organisation, since when"),
    Basis.PUBLIC_TASK,
)
KEYS = Holding(_("API keys"), _("know in whose name a program acts"), Basis.CONTRACT)
IDENTITIES = Holding(
    _("Identities of other providers linked to the account, and what they said of your affiliation"),
    _("let you sign in with them, and show on whose word a membership rests"),
    Basis.PUBLIC_TASK,
)
INVITATIONS = Holding(
    _("Invitations to an organisation: address and name of the person invited"),
    _("let a référent open an account for somebody of the organisation"),
    Basis.PUBLIC_TASK,
)
ACCOUNT_END = Until(_("until the account is erased"))

REQUESTS = Holding(
    _("Your requests about your own data: copies, erasure"),
    _("answer them, and show that they were answered"),
    Basis.LEGAL_DUTY,
)

holds(
    "accounts.user",
    Rule(ACCOUNT, ("email", "name", "last_login"), ACCOUNT_END, End.EMPTY),
    Rule(ACCOUNT, ("password",), ACCOUNT_END, End.EMPTY, secret=True),
    Rule(ACCOUNT, ("date_joined",), ACCOUNT_END, End.NUMBER),
)
holds("account.emailaddress", Rule(FACTORS, ("user", "email"), ACCOUNT_END, End.ERASE))
holds("account.emailconfirmation", Rule(FACTORS, ("key", "email_address"), ACCOUNT_END, End.ERASE, secret=True))
holds(
    "mfa.authenticator",
    Rule(FACTORS, ("user",), ACCOUNT_END, End.ERASE),
    Rule(FACTORS, ("data",), ACCOUNT_END, End.ERASE, secret=True),
)
holds(
    "accounts.membership",
    Rule(MEMBERSHIPS, ("user",), ACCOUNT_END, End.NUMBER),
    Rule(
        MEMBERSHIPS,
        ("motivation",),
        Until(_("%(number)s months after the end of the membership"), "TRACE_MONTHS"),
        End.EMPTY,
    ),
)
holds("socialaccount.socialaccount", Rule(IDENTITIES, ("user", "uid", "extra_data"), ACCOUNT_END, End.ERASE))
holds(
    "accounts.affiliationevidence",
    Rule(IDENTITIES, ("user",), ACCOUNT_END, End.NUMBER),
    Rule(IDENTITIES, ("subject", "claims"), ACCOUNT_END, End.PSEUDONYM),
)
holds(
    "accounts.invitation",
    Rule(INVITATIONS, ("email", "name"), ACCOUNT_END, End.PSEUDONYM),
    Rule(INVITATIONS, ("invited_by",), ACCOUNT_END, End.NUMBER),
)
holds(
    "accounts.nomination",
    Rule(MEMBERSHIPS, ("successor", "named_by"), ACCOUNT_END, End.NUMBER),
    Rule(MEMBERSHIPS, ("words",), ACCOUNT_END, End.PSEUDONYM),
)
holds("accounts.affiliationrule", Rule(MEMBERSHIPS, ("created_by",), ACCOUNT_END, End.NUMBER))
holds("accounts.apiclient", Rule(KEYS, ("person", "created_by", "name", "networks"), ACCOUNT_END, End.NUMBER))
holds("accounts.user_groups", Rule(ACCOUNT, ("user",), ACCOUNT_END, End.NUMBER))
holds("accounts.user_user_permissions", Rule(ACCOUNT, ("user",), ACCOUNT_END, End.NUMBER))
holds(
    "accounts.dataexport",
    Rule(
        REQUESTS,
        ("person", "storage_key"),
        Until(_("%(number)s days after the copy was made"), "EXPORT_DAYS"),
        End.ERASE,
    ),
)
holds("accounts.erasure", Rule(REQUESTS, ("person",), Until(_("as long as the evidence itself")), End.NUMBER))
belongs("accounts.user", "pk")
belongs("account.emailaddress", "user")
belongs("mfa.authenticator", "user")
belongs("accounts.membership", "user")
belongs("socialaccount.socialaccount", "user")
belongs("accounts.affiliationevidence", "user")
belongs("accounts.nomination", "successor")
belongs("accounts.apiclient", "person")
belongs("accounts.erasure", "person")

tells_nothing("accounts.dataexport", "sha256", why="a hash")
tells_nothing("accounts.apiclient", "access_key", why="the public part of a key")
tells_nothing("accounts.apiclient", "secret_sha256", why="the hash of a secret", secret=True)
tells_nothing("accounts.organisation", "*", why="facts of legal entities, from public registers")
tells_nothing("accounts.registryentry", "*", why="lines of public registers of legal entities")
tells_nothing("accounts.affiliationevidence", "provider", "issuer", why="the institution that speaks")
tells_nothing("accounts.affiliationrule", "scope", why="the domain of an institution")
tells_nothing("socialaccount.socialaccount", "provider", "last_login", "date_joined", why="which provider, and when")
tells_nothing("socialaccount.socialapp", "*", why="unused: providers are settings")
tells_nothing("socialaccount.socialtoken", "*", why="unused: no token of a provider is stored")
tells_nothing("accounts.invitation", "token_sha256", why="the hash of a secret", secret=True)
