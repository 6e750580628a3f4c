"""Django's settings.

Every value that may differ between installations comes from config.environment.
"""

from typing import Any

from csp.constants import NONE, SELF
from django.urls import reverse_lazy

from accounts.functions import by_group
from config import connection, environment, keeping, logs, single_sign_on, telemetry

ENVIRONMENT = environment.read()
BASE_DIR = environment.BASE_DIR
SECRET_KEY = ENVIRONMENT.secret_key
SECRET_KEY_FALLBACKS = ENVIRONMENT.secret_key_fallbacks
DEBUG = ENVIRONMENT.debug
ALLOWED_HOSTS = ENVIRONMENT.hosts
SECURE = ENVIRONMENT.production

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "csp",
    "django_htmx",
    "django_structlog",
    "guardian",
    "lucide",
    "ninja",
    "simple_history",
    "accounts",
    "audit",
    "severity",
    "programs",
    "incidents",
    "notifications",
    "config.apps.HouseConfig",
]

MIDDLEWARE = [
    *telemetry.middleware(ENVIRONMENT.otlp_endpoint),
    "django_structlog.middlewares.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "audit.middleware.SessionsEnd",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.OnlyWithASecondFactor",
    "accounts.middleware.InTheReadersZone",
    "config.middleware.NothingIsCached",
    "config.middleware.EverythingIsUtf8",
    "config.middleware.NothingIsTooLarge",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.house",
            ],
            "builtins": ["config.templatetags.andon", "config.templatetags.spans"],
        },
    }
]

# --- Data

DATABASES = {
    "default": connection.database(
        ENVIRONMENT.database_url, statement_timeout_ms=ENVIRONMENT.statement_timeout_ms
    )
}
# Throttling must hold when Redis is away, and for all web processes at once.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
        # Past this the entries of accounts that are shut are thrown away, and guessing goes on:
        # more than anybody can try while the longest of them counts. The default is 300.
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
REDIS_URL = ENVIRONMENT.redis_url

# --- People

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
    "guardian.backends.ObjectPermissionBackend",
]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 15},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = reverse_lazy("account_login")
LOGIN_REDIRECT_URL = reverse_lazy("board")
ACCOUNT_ADAPTER = "accounts.adapter.ByInvitation"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
# Also how long an invitation is good for.
PASSWORD_RESET_TIMEOUT = 3 * 24 * 3600
ACCOUNT_LOGOUT_REDIRECT_URL = reverse_lazy("account_login")
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# As accounts.recency asks for grave acts.
ACCOUNT_REAUTHENTICATION_TIMEOUT = 10 * 60
ACCOUNT_SESSION_REMEMBER = False
SECOND_FACTOR = ENVIRONMENT.mfa
SECOND_FACTOR_FOR_TOKENS = ENVIRONMENT.mfa_tokens
# Addresses are given by whoever runs Andon. allauth marks each as not verified at a reset of the
# password, and would then let nobody set up the factor without which nothing else opens.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_ADAPTER = "accounts.adapter.SealedFactors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# A key that anybody who holds it can press proves one factor, not two.
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE
MFA_TOTP_ISSUER = "Andon"
SOCIALACCOUNT_AUTO_SIGNUP = False
SOCIALACCOUNT_PROVIDERS = single_sign_on.providers(ENVIRONMENT)
SSO_GROUPS_CLAIM = ENVIRONMENT.oidc_groups_claim
SSO_GROUPS = by_group(ENVIRONMENT.oidc_groups) or []
USERSESSIONS_TRACK_ACTIVITY = False
# Guardian's own anonymous user would be a second kind of nobody.
ANONYMOUS_USER_NAME = None

# --- Browser

# Without TLS a browser refuses the __Host- prefix and Secure cookies.
SESSION_COOKIE_NAME = "__Host-session" if SECURE else "andon-session"
CSRF_COOKIE_NAME = "__Host-csrf" if SECURE else "andon-csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
CSRF_COOKIE_HTTPONLY = True
# Django counts the age of a cookie from each change; audit.sessions counts from the sign-in.
SESSION_COOKIE_AGE = SESSION_LONGEST_SECONDS = ENVIRONMENT.session_hours * 3600
SESSION_IDLE_SECONDS = ENVIRONMENT.session_idle_minutes * 60
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE
SECURE_SSL_REDIRECT = False
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if ENVIRONMENT.trusted_proxies else None
)
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = [ENVIRONMENT.url]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        # data: is the QR code of a TOTP set-up
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
        "manifest-src": [SELF],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
FILE_UPLOAD_HANDLERS = [
    "config.uploads.Limited",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

# --- Files

# Evidence. Nothing serves this folder but views of programs and incidents, which ask who may.
MEDIA_ROOT = ENVIRONMENT.evidence
EVIDENCE = ENVIRONMENT.keeping
RECORD = ENVIRONMENT.recording
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Hashed names need a build step; on one machine for a trial the finders serve the files themselves.
WHITENOISE_USE_FINDERS = not SECURE
STORAGES = keeping.storages(EVIDENCE, copies=(RECORD.storage, RECORD.options)) | {
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if SECURE
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# --- Words and time

LANGUAGE_CODE = "en"
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
# What is stored and logged. Pages are shown in the reader's zone, or in that of the organisation.
TIME_ZONE = "UTC"
HOUSE_ZONE = ENVIRONMENT.zone

# --- E-mail

EMAIL_BACKEND = (
    "notifications.channels.mailserver.Backend"
    if ENVIRONMENT.email_host
    else "django.core.mail.backends.console.EmailBackend"
)
EMAIL_HOST = ENVIRONMENT.email_host
EMAIL_PORT = ENVIRONMENT.email_port
EMAIL_HOST_USER = ENVIRONMENT.email_user
EMAIL_HOST_PASSWORD = ENVIRONMENT.email_password
EMAIL_USE_TLS = ENVIRONMENT.email_security == "starttls"
EMAIL_USE_SSL = ENVIRONMENT.email_security == "tls"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = ENVIRONMENT.email_from

# --- Workers. The schedule is in PostgreSQL; a message only says "look at row N".

CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://").replace(
    "?db=", "?virtual_host="
)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = False
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_TIME_LIMIT = 25
CELERY_TASK_SOFT_TIME_LIMIT = 20
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "engine"
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 120,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "health_check_interval": 10,
    "global_keyprefix": "andon:",
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.2,
}

# --- Logs

LOGGING = logs.configuration(level=ENVIRONMENT.log_level, form=ENVIRONMENT.log_format)
logs.configure()
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = False
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False

SILENCED_SYSTEM_CHECKS = [
    # Redirecting to https is the proxy's work; the API must answer, not redirect.
    "security.W008",
]
