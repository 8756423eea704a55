# SPDX-License-Identifier: AGPL-3.0-or-later
"""Personal data of orders and downloads: why they are held, until when, and what then."""

from django.utils.translation import gettext_lazy as _

from dinamis.core.personal import Basis, End, Holding, Rule, Until, belongs, holds, tells_nothing

ORDERS = Holding(
    _("Orders: who asked, why, who decided"),
    _("account for public money and deliver what was asked"),
    Basis.PUBLIC_TASK,
)
DOWNLOADS = Holding(
    _("Downloads: which files you fetched, and when"),
    _("show the owners of the images that the licences are kept"),
    Basis.CONTRACT,
)
MARKS = Holding(
    _("Marks on orders: your own reference, tags, note, which you follow"),
    _("show them to you again, and tell you what becomes of an order"),
    Basis.PUBLIC_TASK,
)
EMERGENCIES = Holding(
    _("Emergencies: who may activate CIEST², and who did or joined"),
    _("let public money be spent on one person's word, and account for it"),
    Basis.PUBLIC_TASK,
)
DUTIES = Holding(
    _("Usage reports, certificates of destruction, publications: what you sent, and the list of what you downloaded"),
    _("show the owners of the images that the licences are kept, and the funders what images served for"),
    Basis.CONTRACT,
)
ABSENCES = Holding(
    _("Absences: when you were away, and who acted for you"),
    _("say in whose name a decision was taken"),
    Basis.PUBLIC_TASK,
)
MARKS_END = Until(_("until you delete it, or the account is erased"))
ACCOUNTS = Holding(_("Lines of the envelopes: who spent what"), _("account for public money"), Basis.LEGAL_DUTY)
ACCOUNT_END = Until(_("until the account is erased"))
HELD = Until(_("as long as the imagery that was ordered is held"))

holds(
    "orders.order",
    Rule(ORDERS, ("requester",), ACCOUNT_END, End.NUMBER),
    Rule(ORDERS, ("title", "justification"), HELD, End.ARCHIVE),
)
holds("orders.keptrequest", Rule(ORDERS, ("owner", "name", "fields"), ACCOUNT_END, End.ERASE))
holds(
    "orders.review",
    Rule(ORDERS, ("claimed_by", "decided_by", "decided_for"), ACCOUNT_END, End.NUMBER),
    Rule(ORDERS, ("words",), HELD, End.ARCHIVE),
)
holds("orders.ordermark", Rule(MARKS, ("person", "own_reference", "tags", "note"), MARKS_END, End.ERASE))
belongs("orders.ordermark", "person")
holds(
    "orders.joinrequest",
    Rule(ORDERS, ("person",), ACCOUNT_END, End.NUMBER),
    Rule(ORDERS, ("words",), HELD, End.ARCHIVE),
)
belongs("orders.joinrequest", "person")
holds(
    "orders.stoprequest",
    Rule(ORDERS, ("asked_by",), ACCOUNT_END, End.NUMBER),
    Rule(ORDERS, ("words",), HELD, End.ARCHIVE),
)
belongs("orders.stoprequest", "asked_by")
tells_nothing("orders.stoprequest", "reason_code", why="codes")
holds(
    "orders.emergencyscientist",
    Rule(EMERGENCIES, ("person", "named_by", "revoked_by"), ACCOUNT_END, End.NUMBER),
    Rule(EMERGENCIES, ("words",), HELD, End.ARCHIVE),
)
belongs("orders.emergencyscientist", "person")
holds("orders.activation", Rule(EMERGENCIES, ("place",), HELD, End.ARCHIVE))
holds(
    "orders.activationparty",
    Rule(EMERGENCIES, ("person", "joined_at"), ACCOUNT_END, End.NUMBER),
    Rule(EMERGENCIES, ("words",), HELD, End.ARCHIVE),
)
belongs("orders.activationparty", "person")
holds("orders.holdback", Rule(ORDERS, ("words",), HELD, End.ARCHIVE))
belongs("orders.holdback", "order__requester")
tells_nothing("orders.reservedimage", "*", why="images and days")
holds(
    "orders.obligation",
    Rule(DUTIES, ("person", "sent_by"), ACCOUNT_END, End.NUMBER),
    Rule(DUTIES, ("words", "results", "typed_name", "facts"), HELD, End.ARCHIVE),
)
belongs("orders.obligation", "person", "sent_by")
holds(
    "orders.publication",
    Rule(DUTIES, ("person",), ACCOUNT_END, End.NUMBER),
    Rule(DUTIES, ("doi", "title"), HELD, End.ARCHIVE),
)
belongs("orders.publication", "person")
tells_nothing("orders.publication_items", "*", why="numbers of images")
tells_nothing("orders.obligationreminder", "*", why="days")
tells_nothing("orders.obligation", "storage_key", "sha256", why="where a document lies, and its fingerprint")
holds("orders.officeticket", Rule(ORDERS, ("words",), HELD, End.ARCHIVE))
holds("orders.linedecision", Rule(ORDERS, ("words",), HELD, End.ARCHIVE))
holds(
    "orders.recusal",
    Rule(ORDERS, ("person", "noted_by"), ACCOUNT_END, End.NUMBER),
    Rule(ORDERS, ("words",), HELD, End.ARCHIVE),
)
holds("orders.committeesession", Rule(ORDERS, ("convened_by",), ACCOUNT_END, End.NUMBER))
tells_nothing("orders.committeesession", "reference", "place", "link", why="where a meeting is")
tells_nothing("orders.agendarow", "reason_code", why="codes")
tells_nothing(
    "orders.sessionpaper", "language", "fingerprint", "storage_key", "sha256", why="where a document lies, and hashes"
)
tells_nothing("orders.minutes", "number", "sha256", why="numbers of minutes, a hash")
holds("orders.sessionmember", Rule(ORDERS, ("person", "stand_in"), ACCOUNT_END, End.NUMBER))
belongs("orders.sessionmember", "person", "stand_in")
holds(
    "orders.agendarow",
    Rule(ORDERS, ("decided_by", "decided_for"), ACCOUNT_END, End.NUMBER),
    Rule(ORDERS, ("words",), HELD, End.ARCHIVE),
)
belongs("orders.agendarow", "decided_by")
holds("orders.sessionpaper", Rule(ORDERS, ("facts",), HELD, End.ARCHIVE))
holds("orders.minutes", Rule(ORDERS, ("facts", "texts"), HELD, End.ARCHIVE))
holds(
    "orders.minutesnote",
    Rule(ORDERS, ("author",), ACCOUNT_END, End.NUMBER),
    Rule(ORDERS, ("words",), HELD, End.ARCHIVE),
)
belongs("orders.minutesnote", "author")
holds("orders.absence", Rule(ABSENCES, ("person", "delegate", "period"), ACCOUNT_END, End.NUMBER))
belongs("orders.absence", "person")
holds("orders.ledgerentry", Rule(ACCOUNTS, ("actor_label", "words"), HELD, End.ARCHIVE))
holds(
    "orders.tariff",
    Rule(ACCOUNTS, ("set_by",), ACCOUNT_END, End.NUMBER),
    Rule(ACCOUNTS, ("reason",), HELD, End.ARCHIVE),
)
holds("orders.yearclosing", Rule(ACCOUNTS, ("proposed_by", "decided_by"), ACCOUNT_END, End.NUMBER))
holds(
    "orders.providerinvoice",
    Rule(ACCOUNTS, ("recorded_by", "decided_by"), ACCOUNT_END, End.NUMBER),
    Rule(ACCOUNTS, ("file_name",), HELD, End.ARCHIVE),
)
holds(
    "orders.settlement",
    Rule(ACCOUNTS, ("settled_by",), ACCOUNT_END, End.NUMBER),
    Rule(ACCOUNTS, ("words",), HELD, End.ARCHIVE),
)
holds(
    "orders.queuerule",
    Rule(ORDERS, ("proposed_by", "confirmed_by"), ACCOUNT_END, End.NUMBER),
    Rule(ORDERS, ("reason",), HELD, End.ARCHIVE),
)
holds(
    "orders.adjustment",
    Rule(ACCOUNTS, ("proposed_by", "decided_by"), ACCOUNT_END, End.NUMBER),
    Rule(ACCOUNTS, ("words",), HELD, End.ARCHIVE),
)
holds(
    "orders.downloadticket",
    Rule(DOWNLOADS, ("person",), Until(_("%(number)s months after the download"), "DOWNLOAD_MONTHS"), End.ERASE),
)
holds(
    "orders.ticketobject",
    Rule(DOWNLOADS, ("name",), Until(_("%(number)s months after the download"), "DOWNLOAD_MONTHS"), End.ERASE),
)
holds("orders.feasibility", Rule(ORDERS, ("asked_by",), ACCOUNT_END, End.NUMBER))
holds(
    "orders.quote",
    Rule(ORDERS, ("decided_by",), ACCOUNT_END, End.NUMBER),
    Rule(ORDERS, ("words",), HELD, End.ARCHIVE),
)
holds(
    "orders.proposalvote",
    Rule(ORDERS, ("person",), ACCOUNT_END, End.NUMBER),
    Rule(ORDERS, ("words",), HELD, End.ARCHIVE),
)
holds(
    "orders.pool",
    Rule(ORDERS, ("proposed_by",), ACCOUNT_END, End.NUMBER),
)
holds(
    "orders.poolmember",
    Rule(ORDERS, ("answered_by",), ACCOUNT_END, End.NUMBER),
    Rule(ORDERS, ("words",), HELD, End.ARCHIVE),
)
belongs("orders.order", "requester")
belongs("orders.pool", "proposed_by")
belongs("orders.poolmember", "answered_by")
belongs("orders.keptrequest", "owner")
belongs("orders.review", "decided_by")
belongs("orders.tariff", "set_by")
belongs("orders.queuerule", "proposed_by", "confirmed_by")
belongs("orders.adjustment", "proposed_by", "decided_by")
belongs("orders.providerinvoice", "recorded_by", "decided_by")
belongs("orders.yearclosing", "proposed_by", "decided_by")
belongs("orders.settlement", "settled_by")
belongs("orders.proposalvote", "person")
belongs("orders.recusal", "person")
belongs("orders.quote", "decided_by")
belongs("orders.feasibility", "asked_by")
belongs("orders.downloadticket", "person")
belongs("orders.ticketobject", "ticket__person")

tells_nothing("orders.officeticket", "aggregate", "subject_state", "cause", why="codes")
tells_nothing("orders.officeticket_orders", "*", why="numbers of orders")
tells_nothing("orders.reuse", "*", why="organisations and images")
tells_nothing("orders.publicfigure", "*", why="sums over several organisations")
tells_nothing("orders.organisationuse", "*", why="sums of areas")
tells_nothing("orders.orderdemand", "*", why="numbers of organisations")
tells_nothing("orders.need", "*", why="numbers of organisations")
tells_nothing("orders.stateduration", "*", why="durations")
tells_nothing("orders.downloadticket", "token_sha256", why="the hash of a secret", secret=True)
tells_nothing("orders.ledgerentry", "key", why="numbers of orders")
tells_nothing("orders.order", "reference", why="a number")
tells_nothing(
    "orders.providerinvoice",
    "provider",
    "number",
    "day",
    "storage_key",
    "sha256",
    "scan_detail",
    why="the number of a document of a provider, where it lies, its fingerprint",
)
tells_nothing("orders.yearclosing", "files", why="where documents lie, and their fingerprints")
tells_nothing("orders.yearfigure", "*", why="sums by budget, organisation, product and provider")
tells_nothing("orders.invoiceline", "*", why="what a provider asks for an order")
tells_nothing("orders.settlement", "reference", "reason_code", why="the number of an order, a code")
tells_nothing("orders.pool", "reference", why="a number")
tells_nothing("orders.pool", "terms", why="how images are to be taken")
tells_nothing("orders.poolmember", "fingerprint", why="the hash of what is asked of a provider")
tells_nothing("orders.poolmember", "answer", "left_code", why="codes")
tells_nothing("orders.order", "options", why="options of a product")
tells_nothing("orders.feasibility", "classification", "automation", "passes", "error", why="passes of satellites")
tells_nothing("orders.quote", "number", "lines", "fingerprint", "error", "storage_key", "sha256", why="prices")
tells_nothing("orders.proposalvote", "choice", "reason_code", why="codes")
tells_nothing("orders.review", "verdict", "reason_code", "stage", why="codes")
tells_nothing("orders.linedecision", "verdict", "reason_code", "area", "area_m2", why="codes, and a part of an area")
tells_nothing("orders.recusal", "reason_code", why="a code")
for model, why in (
    ("envelope", "names of budgets"),
    ("acquisition", "how images are to be taken"),
    ("archivesearch", "what images of the archive must be"),
    ("nationalprogramme", "names of programmes"),
    ("envelopetally", "sums"),
    ("envelopealert", "percents"),
    ("productoptions", "options of products, as their provider tells them"),
    ("orderitem", "options of a product"),
    ("providerorder", "what was said between DINAMIS and a provider; people are not named to it"),
    ("delivery", "manifests of files"),
    ("proposal", "outlines and clouds of images that a provider proposes"),
):
    tells_nothing(f"orders.{model}", "*", why=why)
