"""The pages and the API, for a WSGI server."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from audit import lasting
from config.proxy import BehindProxies
from config.unread import OfAnyType

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = BehindProxies(
    OfAnyType(get_wsgi_application()), trusted=settings.ENVIRONMENT.trusted_proxies
)
lasting.keep_what_is_loaded()
