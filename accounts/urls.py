"""A person's own page; signing in is allauth's, but for what would change a person unrecorded."""

from django.urls import path, re_path
from django.views.generic import RedirectView

from accounts import views

urlpatterns = [
    path("profile/", views.profile, name="profile"),
    path("accounts/", RedirectView.as_view(pattern_name="profile")),
    # Pages go to a person's address, and people are looked up by it: whoever runs Andon sets it.
    # allauth leads back to these by name, so they are answered here and not taken out of its list.
    re_path(r"^accounts/(?:email|confirm-email|social)/", views.closed),
]
