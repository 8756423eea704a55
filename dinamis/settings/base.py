# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings shared by every way of running the site. Each option is described in docs/settings.md."""

from pathlib import Path
from typing import Any

from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from dinamis.settings import env, identity

BASE_DIR = Path(__file__).resolve().parent.parent.parent

SECRET_KEY = env.text("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.names("SECRET_KEY_FALLBACKS")
DEBUG = False
SITE_URL = env.text("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS")
SITE_ID = 1

INSTALLED_APPS = [
    "dinamis.core",
    "dinamis.accounts",
    "dinamis.catalogue",
    "licensing",
    "orders",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.gis",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "corsheaders",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "django_htmx",
    "pgtrigger",
    "rules",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.common.CommonMiddleware",
    "dinamis.core.middleware.ActingMiddleware",
    # What follows is for pages and for who is signed in.
    "dinamis.core.middleware.OpenApiMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "dinamis.core.middleware.DomainErrorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "dinamis.accounts.web.second_factor.SecondFactorMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
# The open API and the tiles of maps: what is asked there without a session is answered without what pages need.
OPEN_API = ("/stac/", "/tiles/")

ROOT_URLCONF = "dinamis.urls"
WSGI_APPLICATION = "dinamis.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "dinamis.core.context.navigation",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static"],
        },
    }
]

# The web and the workers own nothing: migrations run with DATABASE_OWNER_URL (settings/owner in the commands).
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.database(
        env.text("DATABASE_URL"),
        # Connections take turns: what a burst opened is closed soon, since each has plans and caches of its own.
        pool={"min_size": 1, "max_size": env.integer("DATABASE_POOL_SIZE", 8), "timeout": 10, "max_idle": 5},
        # What is prepared is planned once for each connection (core/prepared.py), never again for each value.
        options="-c statement_timeout=30s -c idle_in_transaction_session_timeout=30s"
        " -c plan_cache_mode=force_generic_plan",
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.text("REDIS_URL")
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600

CELERY_BROKER_URL = env.redis_for_celery(REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_TASK_DEFAULT_QUEUE = "prompt"
OUTBOX_LEASE_SECONDS = env.integer("OUTBOX_LEASE_SECONDS", 60)
OUTBOX_SWEEP_SECONDS = env.integer("OUTBOX_SWEEP_SECONDS", 2)
CELERY_BEAT_SCHEDULE = {
    "core.forget_kept_answers": {"task": "core.forget_kept_answers", "schedule": 3600},
    **{
        # A sweep that no worker took before the next one is thrown away.
        f"core.drive_due.{queue}": {
            "task": "core.drive_due",
            "schedule": OUTBOX_SWEEP_SECONDS,
            "kwargs": {"queue": queue},
            "options": {"queue": queue, "expires": OUTBOX_SWEEP_SECONDS},
        }
        for queue in ("prompt", "slow")
    },
    "licensing.remind": {"task": "licensing.remind", "schedule": 3600},
    "licensing.tell_restrictions": {"task": "licensing.tell_restrictions", "schedule": 600},
    "accounts.expire_nominations": {"task": "accounts.expire_nominations", "schedule": 600},
    "licensing.remind_opinions": {"task": "licensing.remind_opinions", "schedule": 3600},
    "core.link_events": {"task": "core.link_events", "schedule": 60},
    "core.seal_days": {"task": "core.seal_days", "schedule": 600},
    "core.apply_retention": {
        "task": "core.apply_retention",
        "schedule": crontab(hour="2", minute="40"),
        "options": {"queue": "slow"},
    },
    "catalogue.refresh_documents": {
        "task": "catalogue.refresh_documents",
        "schedule": 60,
        "options": {"queue": "slow", "expires": 60},
    },
    "catalogue.sum_up_tallies": {"task": "catalogue.sum_up_tallies", "schedule": 300},
    "catalogue.forget_changes": {
        "task": "catalogue.forget_changes",
        "schedule": crontab(hour="3", minute="10"),
        "options": {"queue": "slow"},
    },
    "catalogue.send_alerts": {
        "task": "catalogue.send_alerts",
        "schedule": 900,
        "options": {"queue": "slow", "expires": 900},
    },
    "orders.watch_provider_orders": {"task": "orders.watch_provider_orders", "schedule": 30},
    "orders.count_figures": {
        "task": "orders.count_figures",
        "schedule": 900,
        "options": {"queue": "slow", "expires": 900},
    },
    "orders.count_queue": {
        "task": "orders.count_queue",
        "schedule": 900,
        "options": {"queue": "slow", "expires": 900},
    },
    "catalogue.count_newest": {
        "task": "catalogue.count_newest",
        "schedule": 3600,
        "options": {"queue": "slow", "expires": 3600},
    },
    "orders.count_needs": {
        "task": "orders.count_needs",
        "schedule": 3600,
        "options": {"queue": "slow", "expires": 3600},
    },
    "orders.watch_pools": {"task": "orders.watch_pools", "schedule": 60},
    "orders.find_pools": {"task": "orders.find_pools", "schedule": 3600, "options": {"queue": "slow", "expires": 900}},
    "orders.watch_waits": {"task": "orders.watch_waits", "schedule": 600},
    "orders.learn_durations": {
        "task": "orders.learn_durations",
        "schedule": crontab(hour="4", minute="20"),
        "options": {"queue": "slow"},
    },
    "orders.release_hold_backs": {"task": "orders.release_hold_backs", "schedule": 300},
    "orders.open_obligations": {
        "task": "orders.open_obligations",
        "schedule": 3600,
        "options": {"queue": "slow", "expires": 3600},
    },
    "orders.remind_obligations": {"task": "orders.remind_obligations", "schedule": 3600},
    "orders.keep_envelopes": {"task": "orders.keep_envelopes", "schedule": 600},
    "orders.watch_proposals": {"task": "orders.watch_proposals", "schedule": 60},
    "orders.refresh_product_options": {
        "task": "orders.refresh_product_options",
        "schedule": 3600,
        "options": {"queue": "slow", "expires": 3600},
    },
    "orders.watch_emergencies": {"task": "orders.watch_emergencies", "schedule": 300},
    "orders.remind_members": {"task": "orders.remind_members", "schedule": 1800},
    "orders.expire_quotes": {"task": "orders.expire_quotes", "schedule": 600},
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "dinamis.accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_SIGNUP_FORM_CLASS = "dinamis.accounts.web.forms.SignupForm"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = "DINAMIS · "
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_PREVENT_ENUMERATION = True
MFA_ADAPTER = "dinamis.accounts.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "DINAMIS"
# One step before and after: a clock that is 30 s wrong, a code typed slowly. A code works once (web/second_factor.py).
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "dinamis.accounts.web.second_factor.CodeForm",
    "reauthenticate": "dinamis.accounts.web.second_factor.CodeAgainForm",
}
SOCIALACCOUNT_ADAPTER = "dinamis.accounts.adapters.IdentityAdapter"
SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": identity.providers()}}
# The person reads, and may correct, what the provider says of them before an account is made of it.
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_STORE_TOKENS = False
ACCOUNT_TRUSTED_PROXY_COUNT = 1
ALLAUTH_TRUSTED_PROXY_COUNT = 1
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("French")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "dinamis" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Paris"

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(BASE_DIR / "var" / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]

# Files whose bytes are only served after decide(): nginx knows this folder as the internal location /_files/.
FILES_ROOT = Path(env.text("DINAMIS_FILES", str(BASE_DIR / "var" / "files")))
FILES_INTERNAL_PREFIX = "/_files/"
# Quicklooks and thumbnails, open to all (discovery is public).
PUBLIC_FILES_FOLDER = "public"

# How far the chain of events had come, noted outside the database; keep it where its owner cannot write.
EVIDENCE_HEAD = Path(env.text("EVIDENCE_HEAD", str(FILES_ROOT / "evidence" / "head")))
# The RFC 3161 time-stamp authority of the daily seals, and the PEM file of the roots its tokens must verify against.
TSA_URL = env.text("TSA_URL", "")
TSA_ROOTS = env.text("TSA_ROOTS", "")

EMAIL_BACKEND = env.text("EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.integer("EMAIL_PORT", 25)
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "DINAMIS <ne-pas-repondre@dinamis.example>")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        # MapLibre builds sprites and patterns as blobs.
        "img-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
# Pages of other sites (STAC Browser) may read the public catalogue, without cookies: they see what everybody sees.
CORS_URLS_REGEX = r"^/(stac(/.*)?|catalogue/items/\d+/quicklook\.jpg)$"
CORS_ALLOW_ALL_ORIGINS = True
CORS_ALLOW_METHODS = ["GET", "HEAD", "POST"]
CORS_ALLOW_HEADERS = [
    *("accept", "accept-language", "authorization", "access-key", "secret-key"),
    *("content-type", "if-none-match", "prefer"),
]
CORS_EXPOSE_HEADERS = ["etag", "preference-applied"]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 2**20
FILE_UPLOAD_HANDLERS = [
    "dinamis.core.uploads.LimitedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
# The scanner of uploaded documents: tcp://host:3310 or unix:///run/clamav/clamd.ctl; empty = none.
CLAMD_URL = env.text("CLAMD_URL", "")
SERIALIZATION_MODULES: dict[str, str] = {}
# GDAL 3.6 of Debian 12 is older than the newest Django tests against; only GEOS and the SRS tables are used here.
SILENCED_SYSTEM_CHECKS = ["gis.W001"]

REST_FRAMEWORK: dict[str, Any] = {
    # What a view forgets to say is refused: everything stands on dinamis.accounts.api.views.ApiView.
    "DEFAULT_AUTHENTICATION_CLASSES": ["dinamis.accounts.api.authentication.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["dinamis.accounts.api.permissions.Scoped"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["dinamis.core.api.parsers.BoundedJSONParser"],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "dinamis.core.api.errors.exception_handler",
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "DINAMIS partner API",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": [],
    "SERVE_PUBLIC": True,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "dinamis.accounts.api.schema.closed_bodies",
        "dinamis.accounts.api.schema.conditional_answers",
    ],
    "ENUM_NAME_OVERRIDES": {
        "Action": "licensing.enums.Action",
        "ActivationState": "orders.enums.ActivationState",
        "AdhesionState": "licensing.enums.AdhesionState",
        "EventKind": "orders.enums.EventKind",
        "ItemState": "dinamis.catalogue.enums.ItemState",
        "LineState": "orders.enums.ItemState",
        "OrderKind": "orders.enums.OrderKind",
        "OrderState": "orders.enums.OrderState",
        "ProjectStanding": "licensing.selectors.project.STANDINGS",
        "ProposalState": "orders.enums.ProposalState",
        "Standing": "licensing.selectors.rights.STANDINGS",
        "VoteChoice": "orders.enums.VoteChoice",
    },
}

# --- DINAMIS's own rules: every number is a setting ------------------------------------------------------------------
DINAMIS: dict[str, Any] = {
    # Whether the session setting `dinamis.now` may move the clock (demo and tests only).
    "CLOCK_SETTABLE": False,
    # Office roles that sign in with a second factor (values of OfficeRole).
    "SECOND_FACTOR_ROLES": ("moderator", "administrator", "opinion_cnes", "opinion_airbus"),
    # From this age of the last sign-in on, a person confirms who they are before signing a licence.
    "SIGNING_SESSION_MINUTES": 30,
    "SIGNING_LINK_DAYS": 14,
    "INVITATION_DAYS": 21,
    "NOMINATION_DAYS": 21,
    # How many invitations of an organisation may wait for an answer, and what one file may hold.
    "INVITATIONS_OPEN_MAX": 500,
    "INVITATIONS_PER_FILE": 200,
    "INVITATION_FILE_BYTES": 128 * 1024,
    "SIGNING_CODE_MINUTES": 15,
    "SIGNING_REMINDER_DAYS": 4,
    "ADHESION_YEARS": 3,
    # How many Paris days before the end an adhesion may be renewed, and its end is recalled.
    "RENEWAL_OPENS_DAYS": 90,
    "END_REMINDER_DAYS": (60, 30, 7),
    # For how many days the rights of an organisation outlive its last référent.
    "NO_REFERENT_GRACE_DAYS": 60,
    "ADHESION_MAX_YEARS": 5,
    # Time the organisation has to answer before a revocation may be decided.
    "REVOCATION_ANSWER_DAYS": 15,
    # Opinions that a class, and a purpose where one is named, needs for a licence (reference: domain facts, 2.2).
    "OPINIONS": (
        ("foreign_scientific", "", "spot-6-7-uia", "airbus"),
        ("foreign_scientific", "", "pleiades-uia", "cnes"),
        ("private", "own_research", "spot-6-7-uia", "airbus"),
        ("private", "own_research", "pleiades-uia", "airbus"),
        ("private", "own_research", "pleiades-neo-uia", "airbus"),
    ),
    "OPINION_DAYS": 21,
    # Reminders to those who give opinions: so many days before the day it is due, and on that day.
    "OPINION_REMINDERS_DAYS": (7, 0),
    # How a decision is contested, printed on each adverse one. A placeholder of ours, to be settled by counsel.
    "RECOURSE": {
        "fr": "Vous pouvez contester cette décision dans les deux mois qui suivent sa notification : par un recours "
        "gracieux adressé au secrétariat de DINAMIS, ou par un recours contentieux devant le tribunal administratif "
        "compétent. Un recours gracieux formé dans ce délai le fait courir à nouveau à compter de la réponse. "
        "(Texte provisoire, à arrêter par le service juridique.)",
        "en": "You may contest this decision within two months of its notification: by asking the DINAMIS office to "
        "review it, or before the competent administrative court. A request for review made within that time starts "
        "it again from the answer. (Provisional text, to be settled by counsel; the French text prevails.)",
    },
    "CLAIM_MINUTES": 30,
    "ADHESION_SERVICE_LEVEL_DAYS": 30,
    # Stages of a review beside the secretariat: (stage, class, product family, from how many billed km2 on), "" = any.
    # Small orders of French institutions end at the secretariat; foreign requests are also examined by CNES (Pléiades)
    # and Airbus DS (SPOT) (reference: peers, 0.1).
    "ORDER_STAGES": (
        ("committee", "french_institutional", "", 500),
        ("committee", "foreign_scientific", "", 0),
        ("committee", "private", "", 100),
        ("cnes", "foreign_scientific", "pleiades", 0),
        ("cnes", "foreign_scientific", "pleiades-neo", 0),
        ("airbus", "foreign_scientific", "spot-6-7", 0),
    ),
    # Days each stage has before it is late.
    "ORDER_STAGE_DAYS": {"secretariat": 10, "committee": 30, "cnes": 21, "airbus": 21, "final": 5},
    "TICKET_HOURS": 8,
    "TICKET_MAX_OBJECTS": 64,
    # Pictures of delivered images: how many a process draws at once, how long others wait for their turn, and the
    # longest side of a part in pixels.
    "PREVIEWS_AT_ONCE": 2,
    "PREVIEW_WAIT_SECONDS": 3,
    "PREVIEW_MAX_PIXELS": 2048,
    # How many images a person may put aside.
    "BASKET_MAX": 200,
    # Saved searches: how many a person keeps, and the hour in Paris from which alerts are written.
    "SAVED_SEARCHES_MAX": 50,
    "ALERT_HOUR": 7,
    # No transaction that loads images lasts longer: an id that is missing since then was given up (docs/adr/0030).
    "LONGEST_LOAD_DAYS": 7,
    # An outline of more vertices is simplified to so many, and one of more than are read is refused.
    "AOI_MAX_VERTICES": 20_000,
    "AOI_READ_VERTICES": 200_000,
    "AOI_MAX_BYTES": 8 * 2**20,
    # What providers read of an outline, and what is left to buy is not bought for: a strip nowhere wider than so many
    # metres, a hole smaller than so many km2, an outline moved by more than so many percent of its area.
    "PROVIDER_MAX_VERTICES": 999,
    "RESIDUAL_SLIVER_METRES": 100,
    "RESIDUAL_HOLE_KM2": 1,
    "RESIDUAL_MOVED_PERCENT": 1,
    # The coverages of so many past years may still be delivered: their cells are on their way.
    "COVERAGE_UNFINISHED_YEARS": 1,
    # What the scheme has agreed to pay a provider, cents per km2: a higher price waits for the office.
    "PROVIDER_CENTS_PER_KM2": {"pleiades": 1250, "pleiades-neo": 2000, "spot-6-7": 500},
    # Envelopes: who pays first, how long a period of a family lasts (quarter or year; a family not named: a year), how
    # many days before its end the next one opens, and from how many percent used on people are told, once for each.
    "PURSES": ("prefinanced", "programme", "organisation", "common"),
    "ENVELOPE_PERIODS": {"pleiades": "quarter", "pleiades-neo": "quarter", "spot-6-7": "year"},
    "ENVELOPE_OPENS_DAYS": 7,
    "ENVELOPE_ALERT_PERCENTS": (80, 95),
    # What a ground station receives directly: longitude, latitude (degrees), radius (km). An acquisition outside takes
    # an attempt from the yearly quota (reference: domain facts, 5). Toulouse sees SPOT 6-7, at 694 km and 5 degrees
    # above the horizon, 2,350 km around.
    "RECEPTION_CIRCLES": {"spot-6-7": (1.48, 43.56, 2350)},
    # From this share of the area already held (percent), an order must say why another image is needed.
    "HELD_SHARE_NEEDS_WORDS": 50,
    # What an archive order asks of the provider, by product family.
    "ARCHIVE_PRODUCT_TYPES": {
        "pleiades": "PleiadesArchiveMono",
        "pleiades-neo": "PleiadesNeoArchiveMono",
        "spot-6-7": "SpotArchiveMono",
    },
    # Production options of archive orders; what is not named follows the provider's defaults.
    "ARCHIVE_OPTIONS": {"processing_level": "ortho", "spectral_processing": "bundle"},
    # The same for acquisition requests, by programme: what is asked of the provider, and the agreed price.
    "TASKING_PRODUCT_TYPES": {
        "oneplan": {
            "pleiades": "PleiadesTaskingOnePlan",
            "pleiades-neo": "PleiadesNeoTaskingOnePlan",
            "spot-6-7": "SpotTaskingOnePlan",
        },
        "onenow": {
            "pleiades": "PleiadesTaskingOneNow",
            "pleiades-neo": "PleiadesNeoTaskingOneNow",
            "spot-6-7": "SpotTaskingOneNow",
        },
        "oneseries": {
            "pleiades": "PleiadesTaskingOneSeries",
            "pleiades-neo": "PleiadesNeoTaskingOneSeries",
            "spot-6-7": "SpotTaskingOneSeries",
        },
    },
    "MISSIONS": {"pleiades": "PLEIADES", "pleiades-neo": "PLEIADESNEO", "spot-6-7": "SPOT"},
    "PROVIDER_TASKING_CENTS_PER_KM2": {
        "oneplan": {"pleiades": 1700, "pleiades-neo": 2250, "spot-6-7": 475},
        "onenow": {"pleiades": 2720, "pleiades-neo": 3600, "spot-6-7": 760},
        "oneseries": {"pleiades": 1530, "pleiades-neo": 2025, "spot-6-7": 428},
    },
    # From this share of its area (percent) a line counts as acquired: outlines of images are never exact.
    "ACQUIRED_ENOUGH_PERCENT": 98,
    # Images a provider proposes: how long requesters have to answer, how long before the end they are reminded, what
    # counts for those who say nothing (accept, refuse, or measured: accept when the cloud over their own area is
    # within what they asked), and the share of those concerned (percent) who must have answered when several are.
    "PROPOSAL_HOURS": 72,
    "PROPOSAL_REMINDER_HOURS": 24,
    "PROPOSAL_DEFAULT": "measured",
    "PROPOSAL_QUORUM_PERCENT": 50,
    # Groupings of acquisition requests: share of the smaller area (percent) and days of the windows that must be
    # common, how many requests at most, days to answer, days to be approved; whether a stereo pair serves who asked
    # for one view; side in degrees of the cells behind which the areas of others are hidden until all have agreed.
    "POOL_OVERLAP_PERCENT": 20,
    "POOL_WINDOW_DAYS": 21,
    "POOL_MEMBERS_MAX": 8,
    "POOL_ANSWER_DAYS": 10,
    "POOL_APPROVAL_DAYS": 30,
    "POOL_STEREO_SERVES_MONO": False,
    "POOL_BLUR_DEGREES": 0.25,
    # How long a session of the committee is in the calendars of its members, in minutes.
    "SESSION_MINUTES": 120,
    # A quote stands so many days; kinds of order (acquisition, archive) that are approved only with an accepted one.
    "QUOTE_DAYS": 30,
    "QUOTE_NEEDED": (),
    "PROVIDER_LABELS": {"oneatlas": "Airbus DS"},
    # How long each waiting state of an order and of its parts usually lasts, in days (half of them, nine in ten): used
    # while fewer than DURATION_MIN_CASES stays of the last DURATION_MONTHS are known.
    "STATE_DAYS": {
        "orders.order": {
            "draft": (2, 14),
            "submitted": (2, 5),
            "in_review": (3, 10),
            "changes_requested": (3, 14),
            "approved": (0.01, 0.5),
            "placed": (0.5, 2),
            "in_progress": (3, 15),
            "partly_delivered": (3, 15),
            "delivered": (7, 30),
        },
        "orders.orderitem": {
            "pending": (5, 15),
            "approved": (0.01, 0.5),
            "placed": (0.5, 2),
            "in_progress": (2, 10),
            "proposed": (1, 3),
            "producing": (1, 5),
        },
        "orders.review": {"open": (3, 10)},
        "orders.proposal": {"proposed": (1, 3)},
        "orders.quote": {"draft": (0.1, 1), "offered": (5, 20)},
        "orders.providerorder": {
            "received": (0.25, 1),
            "accepted": (1, 5),
            "scheduled": (10, 60),
            "held": (1, 5),
            "reserved": (1, 5),
            "tasked": (15, 90),
            "processing": (1, 3),
        },
        "orders.delivery": {
            "expected": (0.1, 0.5),
            "receiving": (0.1, 0.5),
            "checking": (0.1, 0.5),
            "disputed": (3, 15),
        },
        "orders.stoprequest": {"asked": (0.1, 1)},
        "orders.joinrequest": {"asked": (3, 10)},
    },
    "DURATION_MONTHS": 12,
    # Requests of other organisations are shown as a cell of a grid of so many degrees.
    "BLUR_DEGREES": 0.25,
    # Public figures: those of fewer organisations are withheld; how many of the most reused images are shown.
    "PUBLIC_MIN_ORGANISATIONS": 3,
    "PUBLIC_IMAGES": 10,
    # The queue of orders: a saved search over more square degrees (some 35,000 km2) is about no place of an order.
    "QUEUE_WATCHED_DEGREES": 4,
    # Images reserved for their requester: for how many months at most, and by how many they may be kept on once.
    "HOLD_BACK_MONTHS": 12,
    "HOLD_BACK_EXTENSION_MONTHS": 6,
    # A usage report is asked so many months after the first download it is about and due so many days later, a
    # certificate of destruction due so many days after the right has ended. Reminders: days from the day it is due.
    "USAGE_REPORT_MONTHS": 12,
    "USAGE_REPORT_DAYS": 60,
    "DESTRUCTION_DAYS": 30,
    "OBLIGATION_REMINDER_DAYS": (-14, 0, 14, 45),
    # For how many days a closed order may be reopened.
    "REOPEN_DAYS": 90,
    "DURATION_MIN_CASES": 20,
    # The watchdog speaks after so many times the duration within which nine stays in ten end.
    "LATE_FACTOR": 2,
    # Countries (Natural Earth, 1:50m, made with the other files of pages) that areas are looked up in, and how far from
    # any land in degrees an area lies on the open sea: small islands are not in the file.
    "COUNTRIES_FILE": BASE_DIR / "static" / "vendor" / "geo" / "countries-50m.geojson",
    "OPEN_SEA_DEGREES": 0.25,
    # Where nothing may be ordered: country (ISO 3166-1 number), product families (none named: all), and why. An example
    # of ours: the office settles the list.
    "DENY_RULES": (
        {
            "country": "408",
            "families": (),
            "fr": "Les mesures restrictives de l’Union européenne visent ce pays.",
            "en": "The restrictive measures of the European Union concern this country.",
        },
    ),
    # The period of an acquisition request in days, and how many lines (scenes, or areas times windows) an order has.
    "ACQUISITION_MINIMUM_DAYS": 14,
    "ACQUISITION_MAXIMUM_DAYS": 731,
    "ORDER_LINES_MAX": 200,
    # Maps of the nation: steps of how fine an image is, up to so many metres; what was asked in vain is a need for so
    # many days, and where nothing newer than so many days is held is a gap (docs/adr/0044).
    "FINENESS": (0.7, 2.5, 10),
    "NEED_DAYS": 730,
    "GAP_DAYS": 365,
    # CIEST²: so many days in a row, over at most so many km2, for an event at most so many days ago; where its images
    # go, which national programme pays, for organisations of which eligibility classes, and the largest incidence angle
    # (degrees): a satellite sees a place every day only from aside (docs/adr/0043).
    "EMERGENCY_DAYS": 10,
    "EMERGENCY_MAXIMUM_KM2": 400,
    "EMERGENCY_EVENT_DAYS": 60,
    "EMERGENCY_COLLECTION": "pleiades-ciest2",
    "EMERGENCY_PROGRAMME": "CIEST²",
    "EMERGENCY_CLASSES": ("french_institutional",),
    "EMERGENCY_INCIDENCE": 45,
    # Accepted cloud cover and the one up to which images are proposed, in percent, where a request says nothing.
    "CLOUD_DEFAULTS": (10, 20),
    # Options of products are asked again of the provider after so many hours, for a square around this place.
    "PRODUCT_OPTIONS_HOURS": 24,
    "PRODUCT_OPTIONS_PLACE": (3.87, 43.61),
    # No more than this is read of the files of one request, whatever its headers say.
    "UPLOAD_MAX_BYTES": 12 * 2**20,
    "SCAN_TIMEOUT_SECONDS": 30,
    # Whether a document that no scanner has seen may be opened by those who may see the adhesion.
    "OPEN_UNSCANNED_EVIDENCE": env.flag("OPEN_UNSCANNED_EVIDENCE"),
    "LOCK_TIMEOUT": "3s",
    "API_KEY_MAX_DAYS": 730,
    "API_KEY_NOTICE_DAYS": 14,
    "API_MAX_BYTES": 2**20,
    "API_DECISIONS_MAX": 1000,
    "STAC_WRITE_MAX_BYTES": 16 * 2**20,
    # Other catalogues that are read into ours: bytes of a page, seconds for it, how often and after how long it is
    # asked again, and whether a server of a private network is asked at all.
    "CRAWL_MAX_BYTES": 64 * 2**20,
    "CRAWL_SECONDS": 120.0,
    "CRAWL_ATTEMPTS": 6,
    "CRAWL_WAIT_SECONDS": 1.0,
    "CRAWL_PRIVATE_ADDRESSES": env.flag("CRAWL_PRIVATE_ADDRESSES"),
    "IDEMPOTENCY_HOURS": 24,
    # How long personal data are kept, in calendar months (docs/personal-data.md says from what event).
    "TRACE_MONTHS": 12,
    "MAIL_MONTHS": 6,
    "EVIDENCE_MONTHS": 6,
    "DOWNLOAD_MONTHS": 36,
    "PROOF_MONTHS": 60,
    "EXPORT_DAYS": 7,
    "ERASURE_GRACE_DAYS": 14,
    # An area kept for the address of a search is forgotten when nobody has asked for it so long.
    "SEARCH_AREA_MONTHS": 24,
    # An account nobody uses is erased; so many days before, its person is told.
    "UNUSED_ACCOUNT_MONTHS": 24,
    "UNUSED_ACCOUNT_NOTICE_DAYS": (30, 7),
    "PROVIDER_POLL_SECONDS": env.integer("PROVIDER_POLL_SECONDS", 300),
}
PROVIDERS = {
    "oneatlas": {
        "class": "dinamis.providers.oneatlas.adapter.OneAtlas",
        "order_url": env.text("ONEATLAS_URL", "https://order.api.oneatlas.airbus.com"),
        "auth_url": env.text("ONEATLAS_AUTH_URL", "https://authenticate.foundation.api.oneatlas.airbus.com"),
        "search_url": env.text("ONEATLAS_SEARCH_URL", "https://search.foundation.api.oneatlas.airbus.com"),
        "api_key": env.text("ONEATLAS_API_KEY", ""),
    }
}
DEFAULT_PROVIDER = "oneatlas"
# The contract orders are charged to; empty = the first one the account has.
PROVIDER_CONTRACTS = {"oneatlas": env.text("ONEATLAS_CONTRACT", "")}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"hide_tokens": {"()": "dinamis.core.logs.HideTokens"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["hide_tokens"]}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {"httpx": {"level": "WARNING"}, "fontTools": {"level": "WARNING"}, "weasyprint": {"level": "ERROR"}},
}
