"""A person's own page; signing in is allauth's."""

from django.urls import path

from accounts import views

urlpatterns = [path("profile/", views.profile, name="profile")]
