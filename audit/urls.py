"""Where people change their own sign-in. Some addresses are allauth's, here to be recorded."""

from allauth.account import views as account
from allauth.mfa.base import views as base
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.socialaccount import views as social
from django.db import transaction
from django.urls import include, path, re_path

from accounts.recency import recently_signed_in
from audit import engine_views, record_views, views
from audit.views import changing, proving

# By allauth's own names, since its links and accounts.middleware go by them.
_FACTORS = [
    path("authenticate/", proving(base.authenticate), name="mfa_authenticate"),
    path("reauthenticate/", proving(base.reauthenticate), name="mfa_reauthenticate"),
    path("totp/activate/", changing(totp.activate_totp), name="mfa_activate_totp"),
    path("totp/deactivate/", changing(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("webauthn/add/", changing(webauthn.add_webauthn), name="mfa_add_webauthn"),
    path(
        "webauthn/keys/<int:pk>/remove/",
        changing(webauthn.remove_webauthn),
        name="mfa_remove_webauthn",
    ),
    path(
        "recovery-codes/generate/",
        changing(recovery_codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
]

# One transaction with its record, which audit.identities writes.
_IDENTITIES = [
    path(
        "password/change/",
        transaction.atomic(account.password_change),
        name="account_change_password",
    ),
    path(
        "password/set/",
        recently_signed_in(transaction.atomic(account.password_set)),
        name="account_set_password",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        transaction.atomic(account.password_reset_from_key),
        name="account_reset_password_from_key",
    ),
    path("3rdparty/", transaction.atomic(social.connections), name="socialaccount_connections"),
]

urlpatterns = [
    path("accounts/2fa/", include(_FACTORS)),
    path("accounts/", include(_IDENTITIES)),
    path("accounts/sessions/", views.sessions_of_mine, name="usersessions_list"),
    path("engine/", engine_views.engine, name="engine"),
    path("engine/<int:pk>/try-again/", engine_views.try_again, name="engine-try-again"),
    path("record/", record_views.overview, name="record"),
    path("record/live/", record_views.live, name="record-live"),
    path("record/verify/", record_views.verify, name="record-verify"),
    path("record/seal/", record_views.seal, name="record-seal"),
    path("record/checkpoints/<int:number>/", record_views.checkpoint, name="record-checkpoint"),
    path("record/checkpoints/<int:number>/stamp/", record_views.stamp, name="record-stamp"),
    path("record/verify_andon.py", record_views.verifier, name="record-verifier"),
    path(".well-known/andon-record-key.pem", record_views.key, name="record-key"),
    path("profile/tokens/", views.tokens_of_mine, name="tokens"),
    path("profile/tokens/new/", views.issue_token, name="issue-token"),
    path("profile/tokens/<int:pk>/withdraw/", views.withdraw_token, name="withdraw-token"),
]
